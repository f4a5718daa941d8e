"""python3 -m unittest"""

import logging
import unittest

import main


class Context:
    """As much of a context as the plugin uses."""

    def __init__(self):
        self.counters = {}
        self.rows = []

    def get_rule_id(self):
        return "r1"

    def get_logger(self):
        return logging.getLogger("test")

    def get_counter(self, key):
        return self.counters.get(key, 0)

    def incr_counter(self, key, amount):
        self.counters[key] = self.get_counter(key) + amount
        return self.counters[key]


class TestPlugin(unittest.TestCase):
    #<function>
    def test_greets_by_name(self):
        self.assertEqual(main.Greet().exec(["Ada"], Context()), "Hello, Ada!")

    def test_refuses_what_is_no_name(self):
        with self.assertRaisesRegex(ValueError, "a text is expected, found 42"):
            main.Greet().exec([42], Context())

    #</function>
    #<source>
    def test_sends_until_it_is_closed(self):
        source, context = main.Repeat(), Context()
        source.configure("", {"interval": 1, "message": "hi"})

        def emit(row, meta):
            context.rows.append(row)
            if len(context.rows) == 2:
                source.close(context)

        context.emit = emit
        source.open(context)
        self.assertEqual(context.rows, [{"count": 1, "message": "hi"}, {"count": 2, "message": "hi"}])

    #</source>
    #<sink>
    def test_logs_what_it_gets(self):
        sink = main.Log()
        sink.configure({"prefix": "got"})
        with self.assertLogs("test", "INFO") as logs:
            sink.collect(Context(), b'{"a":1}')
        self.assertEqual(logs.output, ['INFO:test:got {"a":1}'])

    #</sink>

if __name__ == "__main__":
    unittest.main()
