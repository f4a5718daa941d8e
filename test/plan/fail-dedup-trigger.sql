-- fail: dedup_trigger is not supported yet
SELECT dedup_trigger(a, b, c, 5) FROM demo
