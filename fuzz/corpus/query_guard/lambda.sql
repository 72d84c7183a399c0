SELECT list_transform([1, 2], x -> x + 1), {'a': 1}.a, $$text$$
