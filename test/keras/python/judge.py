"""Judges cases with one kind of Keras: `judge.py KIND CASES RESULTS FIRST`.

CASES is a JSON list; from number FIRST on, one line of JSON is added to RESULTS when a case
begins and one when it ends, so that a crash is seen and `run.ts` can go on behind it.
"""

import json
import platform
import sys
import warnings

warnings.filterwarnings("ignore")


def main(kind, cases_path, results_path, first):
    with open(cases_path, encoding="utf-8") as file:
        cases = json.load(file)
    with open(results_path, "a", encoding="utf-8") as results:

        def say(line):
            results.write(json.dumps(line) + "\n")
            results.flush()

        judge = judge_of(kind)
        for number in range(int(first), len(cases)):
            say({"begins": number})
            say(dict(judge(cases[number]), number=number))


def judge_of(kind):
    if kind == "files":
        from judge_files import judge_files

        return judge_files
    from which_keras import load_keras

    keras = load_keras(kind)
    from custom import custom_objects
    from judge_model import judge_model, judge_pair

    custom = custom_objects(keras)

    def judge(case):
        version = case["lambda_python"]
        if version and not platform.python_version().startswith(version + "."):
            reason = "its lambda is bytecode of Python %s" % version
            return {"verdict": "not loadable", "reason": reason}
        return (judge_pair if case["pair"] else judge_model)(keras, custom, case)

    return judge


if __name__ == "__main__":
    main(*sys.argv[1:])
