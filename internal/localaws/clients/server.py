"""A `stride local` for a test run, boto3 clients for it, and a record of the operations that they called.

STRIDE names the program. Every service of the local AWS is called at its own endpoint, so that nothing leaves this machine.
"""
import atexit
import json
import os
import signal
import subprocess
import tempfile
import time
import urllib.request

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

STRIDE = os.environ["STRIDE"]
ACCOUNT = "000000000000"
REGION = "us-east-1"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/any"

called = {}  # operations that were answered without an error, by service
mocks = tempfile.NamedTemporaryFile(suffix=".json", mode="w")


def _start():
    mocks.write('{"StateMachines": {"none": {}}}')
    mocks.flush()
    env = {k: v for k, v in os.environ.items() if not k.startswith("AWS_")}
    env["SFN_MOCK_CONFIG"] = mocks.name
    process = subprocess.Popen([STRIDE, "local", "--port", "0"], env=env, stdout=subprocess.PIPE, text=True)

    def stop():
        process.send_signal(signal.SIGINT)
        process.wait(10)

    atexit.register(stop)
    for line in process.stdout:
        for word in line.split():
            if word.startswith("http://"):
                return word.rstrip("/")
    raise RuntimeError("stride local ended without naming its address")


ENDPOINT = _start()


def client(service, key="test", region=REGION, **config):
    """A client whose answered calls are noted in called."""
    c = boto3.client(
        service,
        endpoint_url=ENDPOINT,
        region_name=region,
        aws_access_key_id=key,
        aws_secret_access_key="test",
        config=Config(inject_host_prefix=False, retries={"total_max_attempts": 1}, **config),
    )
    c.meta.events.register("after-call.*.*", lambda http_response, model, **_: _note(model, http_response))
    return c


def _note(model, response):
    if response.status_code < 300:
        called.setdefault(model.service_model.service_name, set()).add(model.name)


def code_and_message(call, **params):
    """The error that a call is answered with."""
    try:
        call(**params)
    except ClientError as e:
        return e.response["Error"]["Code"], e.response["Error"]["Message"]
    raise AssertionError("the call succeeded")


def until(probe, seconds=20):
    """The first truthy answer of probe."""
    end = time.time() + seconds
    while time.time() < end:
        if answer := probe():
            return answer
        time.sleep(0.02)  # another process works on it, and tells nobody here
    raise AssertionError("it did not happen")


def dump(value):
    return json.dumps(value)


def machine(states, start=None, **more):
    """A definition of the states."""
    return dump({"StartAt": start or next(iter(states)), "States": states, **more})


PASS = machine({"P": {"Type": "Pass", "End": True}})
FAIL = machine({"F": {"Type": "Fail", "Error": "E", "Cause": "c"}})
