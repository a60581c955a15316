"""Autobahn's fuzzing client (PyPI: autobahntestsuite), which is Python 2, on Python 3.

convert SOURCE TARGET     rewrite the suite's modules
run SUITE URL OUT CASES…  run cases against a server; OUT gets {case: [behavior, behavior of the close, results of both]}
sum OUT…                  print the failed cases and the sums; fail if a case failed, or if there was none

The suite keeps payloads in Python 2's byte strings. Read as latin-1 they become Python 3 strings with one character
for each byte, so its cases stay as they are; bytes are made of them where they meet the network.
"""

import json
import os
import re
import shutil
import sys


def convert(source, target):
    from fissix.refactor import RefactoringTool, get_fixers_from_package

    tool = RefactoringTool(get_fixers_from_package("fissix.fixes"))
    wanted = ["_version.py", "caseset.py", "fuzzing.py"]
    wanted += ["case/" + name for name in os.listdir(os.path.join(source, "case")) if name.endswith(".py")]
    os.makedirs(os.path.join(target, "autobahntestsuite", "case"), exist_ok=True)
    for name in wanted:
        with open(os.path.join(source, name), encoding="latin-1") as file:
            text = file.read()
        text = re.sub(r"^#.*coding[:=].*$", "", text, flags=re.M)
        text = text.expandtabs(8).rstrip() + "\n"
        text = str(tool.refactor_string(text, os.path.join(source, name)))
        # This case is not in the suite's list.
        text = text.replace("from .case9_9_1 import *", "")
        # A class cannot come after its own base.
        text = text.replace("(object, Case, )", "(Case, )")
        # Numbers of fragments are whole.
        text = text.replace("len(self.payload) / self.p", "len(self.payload) // self.p")
        with open(os.path.join(target, "autobahntestsuite", name), "w", encoding="utf-8") as file:
            file.write(text)
    # The rest of the package makes web pages.
    for name, text in [
        ("__init__", "from ._version import __version__ as version\n"),
        ("report", "CSS_COMMON = CSS_DETAIL_REPORT = CSS_MASTER_REPORT = JS_MASTER_REPORT = ''\n"),
    ]:
        with open(os.path.join(target, "autobahntestsuite", name + ".py"), "w") as file:
            file.write(text)
    shutil.copytree(
        os.path.join(source, "testdata"), os.path.join(target, "autobahntestsuite", "testdata"), dirs_exist_ok=True)


def latin(value):
    return value.encode("latin-1") if isinstance(value, str) else value


def run(suite, url, out, patterns):
    sys.path.insert(0, suite)
    import binascii
    import types
    import twisted.internet

    # The suite asks for TLS, which is not tested, and for hexadecimal texts of payloads.
    twisted.internet.ssl = types.SimpleNamespace(ClientContextFactory=lambda: None)
    to_hexadecimal = binascii.b2a_hex
    binascii.b2a_hex = lambda data: to_hexadecimal(latin(data)).decode()
    import autobahn.websocket.protocol
    import autobahn.websocket.utf8validator as validation

    plain_validate = validation.Utf8Validator.validate
    validator = type(
        "Utf8Validator", (validation.Utf8Validator,),
        {"validate": lambda self, data: plain_validate(self, latin(data))})
    plain_validator, validation.Utf8Validator = validation.Utf8Validator, validator
    from autobahntestsuite import case, fuzzing

    validation.Utf8Validator = plain_validator
    case.Case.compare = lambda self, left, right: left == right
    fuzzing.asciiLogData = fuzzing.binLogData = lambda data, **_: str(data[:32])

    class Protocol(fuzzing.FuzzingClientProtocol):
        # Messages of the compression cases are bytes there, too.
        @property
        def text(self):
            compressed = self.runCase.__class__.__name__.startswith(("Case12_", "Case13_"))
            return (lambda data: data) if compressed else (lambda data: data.decode("latin-1"))

        def sendFrame(self, opcode, payload=b"", payload_len=None, **options):
            payload = latin(payload)
            if payload_len is not None:
                payload = (payload * (payload_len // len(payload) + 1))[:payload_len]
            super().sendFrame(opcode, payload=payload, **options)

        def sendMessage(self, payload, *arguments, **options):
            super().sendMessage(latin(payload), *arguments, **options)

        def sendMessageFrameData(self, payload, *arguments, **options):
            return super().sendMessageFrameData(latin(payload), *arguments, **options)

        def sendCloseFrame(self, code=None, reasonUtf8=None, isReply=False):
            super().sendCloseFrame(code, latin(reasonUtf8), isReply)

        # Slow machines get time: these end what hangs, or wait for long messages.
        def killAfter(self, delay):
            super().killAfter(20 * delay)

        def closeAfter(self, delay):
            super().closeAfter(20 * delay if delay >= 10 else delay)

        def onMessage(self, payload, isBinary):
            self.runCase.onMessage(self.text(payload), isBinary)

        def onPong(self, payload):
            self.runCase.onPong(self.text(payload))

        def logRxFrame(self, frameHeader, payload):
            super().logRxFrame(frameHeader, [])

    class Factory(fuzzing.FuzzingClientFactory):
        def buildProtocol(self, address):
            protocol = Protocol()
            protocol.factory = self
            protocol.caseAgent = self.agent
            protocol.case = self.currentCaseIndex
            protocol.Case = fuzzing.Cases[self.currentCaseIndex - 1]
            protocol.runCase = protocol.Case(protocol)
            return protocol

        def createReports(self):
            with open(out, "w") as file:
                json.dump(
                    {
                        name: [result["behavior"], result["behaviorClose"], result["result"], result["resultClose"]]
                        for cases in self.agents.values() for name, result in cases.items()
                    }, file)

    patience = {"openHandshakeTimeout": 60, "closeHandshakeTimeout": 60, "serverConnectionDropTimeout": 60}
    Factory({"servers": [{"agent": "dosql", "url": url}], "cases": patterns, "options": patience})
    fuzzing.reactor.run()


def summarize(outs):
    cases = {}
    for out in outs:
        with open(out) as file:
            cases.update(json.load(file))
    sums = {}
    for name, (behavior, close, result, close_result) in sorted(
        cases.items(), key=lambda case: [int(part) for part in case[0].split(".")]
    ):
        # Besides FAILED there are several names for a close that was not as it should be.
        kind = behavior if behavior in ("NON-STRICT", "INFORMATIONAL") else "passed"
        if behavior not in ("OK", "NON-STRICT", "INFORMATIONAL") or close not in ("OK", "INFORMATIONAL"):
            kind = "failed"
        sums[kind] = sums.get(kind, 0) + 1
        if kind != "passed":
            print(f"{name}: {behavior}, close {close}: {result} {close_result}")
    passed, failed = sums.get("passed", 0), sums.get("failed", 0)
    print(
        f"{passed} passed, {failed} failed, {sums.get('NON-STRICT', 0)} non-strict, "
        f"{sums.get('INFORMATIONAL', 0)} informational")
    return 1 if failed or not cases else 0


if __name__ == "__main__":
    if sys.argv[1] == "convert":
        convert(*sys.argv[2:4])
    elif sys.argv[1] == "sum":
        sys.exit(summarize(sys.argv[2:]))
    else:
        run(*sys.argv[2:5], sys.argv[5:])
