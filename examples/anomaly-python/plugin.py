"""anomaly_score(value, window): by how many standard deviations a value lies off those before it."""

import math

from kuiper import Function, PluginConfig, plugin

LEAST = 5  # values that a score is based on at least


class AnomalyScore(Function):
    def validate(self, args):
        if len(args) != 2:
            return "expects two arguments but got %d" % len(args)
        if args[1].get("literal", "int") != "int" or args[1].get("value", 2) < 2:
            return "the window must be a number of values, 2 or more"
        return ""

    def exec(self, args, ctx):
        value, window = args[0], int(args[1])
        if value is None:
            return None
        values = ctx.get_state("values") or []
        score = self.score(values, value)
        # What is kept goes into the rule's checkpoints: a window that has been learned survives the process.
        ctx.put_state("values", (values + [value])[-window:])
        if score is not None and abs(score) > 3:
            ctx.incr_counter("outliers", 1)
        return {"score": score, "outliers": ctx.get_counter("outliers")}

    @staticmethod
    def score(values, value):
        """None as long as there is too little to compare with."""
        if len(values) < LEAST:
            return None
        mean = math.fsum(values) / len(values)
        deviation = math.sqrt(math.fsum((v - mean) ** 2 for v in values) / len(values))
        if deviation == 0:
            return 0.0 if value == mean else None
        return (value - mean) / deviation

    def is_aggregate(self):
        return False


if __name__ == "__main__":
    plugin.start(PluginConfig("anomaly", {}, {}, {"anomaly_score": AnomalyScore}))
