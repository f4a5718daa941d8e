-- fail: Not allowed to call non-aggregate functions in HAVING clause: binaryExpr:{ demo.a > 1 }.
SELECT count(*) AS n FROM demo GROUP BY a, COUNTWINDOW(2) HAVING a > 1
