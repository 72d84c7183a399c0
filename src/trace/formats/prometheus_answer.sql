-- Whether `answer` is one that can be read: its status, the kind of result, the error.
SELECT status, data ->> 'resultType' AS result_type, error FROM answer
