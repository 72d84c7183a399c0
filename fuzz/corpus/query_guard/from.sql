FROM usage SELECT count(*) -- and a comment
