"""The aws CLI on the local AWS: every operation of the Step Functions API as a command, in the order of a life."""
import os
import subprocess
import sys
import unittest
from json import loads as load
from pathlib import Path

import boto3
from botocore import xform_name
from server import ENDPOINT, FAIL, PASS, ROLE, dump, machine, until

AWS = Path(sys.executable).with_name("aws")
ENV = {"PATH": os.environ["PATH"], "HOME": "/nonexistent", "AWS_ENDPOINT_URL": ENDPOINT, "AWS_DEFAULT_REGION": "us-east-1", "AWS_ACCESS_KEY_ID": "test",
       "AWS_SECRET_ACCESS_KEY": "test", "AWS_PAGER": "", "AWS_DISABLE_HOST_PREFIX_INJECTION": "true"}
used = set()


def aws(command, **options):
    """Runs aws stepfunctions COMMAND and returns its answer."""
    used.add(command)
    args = [AWS, "stepfunctions", command]
    for name, value in options.items():
        args += ["--" + name.replace("_", "-")] + ([] if value is True else [value] if isinstance(value, str) else value)
    done = subprocess.run(args, env=ENV, capture_output=True, text=True)
    if done.returncode:
        raise AssertionError(f"{args}: {done.stderr}")
    return load(done.stdout) if done.stdout.strip() else {}


class Cli(unittest.TestCase):
    def test_every_command(self):
        self.machines()
        self.executions()
        self.map_runs()
        self.activities()
        aws("test-state", definition=dump({"Type": "Pass", "End": True}), input='{"a":1}')
        operations = {xform_name(o, "-") for o in boto3.client("stepfunctions", region_name="us-east-1").meta.service_model.operation_names}
        self.assertEqual(operations - used, set())

    def machines(self):
        aws("validate-state-machine-definition", definition=PASS)
        arn = aws("create-state-machine", name="cli", definition=PASS, role_arn=ROLE)["stateMachineArn"]
        one = aws("publish-state-machine-version", state_machine_arn=arn)["stateMachineVersionArn"]
        alias = aws("create-state-machine-alias", name="live", routing_configuration=f"stateMachineVersionArn={one},weight=100")["stateMachineAliasArn"]
        aws("update-state-machine-alias", state_machine_alias_arn=alias, description="d")
        self.assertEqual(aws("describe-state-machine-alias", state_machine_alias_arn=alias)["description"], "d")
        self.assertEqual(len(aws("list-state-machine-aliases", state_machine_arn=arn)["stateMachineAliases"]), 1)
        aws("delete-state-machine-alias", state_machine_alias_arn=alias)
        self.assertEqual(len(aws("list-state-machine-versions", state_machine_arn=arn)["stateMachineVersions"]), 1)
        aws("delete-state-machine-version", state_machine_version_arn=one)
        aws("update-state-machine", state_machine_arn=arn, definition=FAIL)
        self.assertEqual(aws("describe-state-machine", state_machine_arn=arn)["definition"], FAIL)
        self.assertIn(arn, [m["stateMachineArn"] for m in aws("list-state-machines")["stateMachines"]])
        aws("tag-resource", resource_arn=arn, tags="key=a,value=b")
        self.assertEqual(aws("list-tags-for-resource", resource_arn=arn)["tags"], [{"key": "a", "value": "b"}])
        aws("untag-resource", resource_arn=arn, tag_keys="a")
        aws("delete-state-machine", state_machine_arn=arn)

    def executions(self):
        arn = aws("create-state-machine", name="cli-fail", definition=FAIL, role_arn=ROLE)["stateMachineArn"]
        execution = aws("start-execution", state_machine_arn=arn)["executionArn"]
        until(lambda: aws("describe-execution", execution_arn=execution)["status"] == "FAILED")
        aws("redrive-execution", execution_arn=execution)
        self.assertEqual(aws("get-execution-history", execution_arn=execution, max_items="1")["events"][0]["type"], "ExecutionStarted")
        self.assertEqual(len(aws("list-executions", state_machine_arn=arn)["executions"]), 1)
        self.assertEqual(aws("describe-state-machine-for-execution", execution_arn=execution)["name"], "cli-fail")
        aws("stop-execution", execution_arn=execution)
        quick = aws("create-state-machine", name="cli-express", definition=PASS, role_arn=ROLE, type="EXPRESS")["stateMachineArn"]
        self.assertEqual(aws("start-sync-execution", state_machine_arn=quick, input='{"a":1}')["output"], '{"a":1}')

    def map_runs(self):
        definition = machine({"M": {"Type": "Map", "End": True, "ItemProcessor": {
            "ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"}, "StartAt": "W", "States": {"W": {"Type": "Wait", "Seconds": 60, "End": True}}}}})
        arn = aws("create-state-machine", name="cli-map", definition=definition, role_arn=ROLE)["stateMachineArn"]
        execution = aws("start-execution", state_machine_arn=arn, input="[1]")["executionArn"]
        run = until(lambda: aws("list-map-runs", execution_arn=execution)["mapRuns"])[0]["mapRunArn"]
        aws("update-map-run", map_run_arn=run, max_concurrency="3")
        self.assertEqual(aws("describe-map-run", map_run_arn=run)["maxConcurrency"], 3)
        aws("stop-execution", execution_arn=execution)

    def activities(self):
        activity = aws("create-activity", name="cli")["activityArn"]
        self.assertIn(activity, [a["activityArn"] for a in aws("list-activities")["activities"]])
        aws("describe-activity", activity_arn=activity)
        arn = aws("create-state-machine", name="cli-activity", role_arn=ROLE, definition=machine({"A": {"Type": "Task", "Resource": activity, "End": True}}))["stateMachineArn"]
        for end in [lambda t: aws("send-task-success", task_token=t, task_output="{}"), lambda t: aws("send-task-failure", task_token=t, error="E")]:
            aws("start-execution", state_machine_arn=arn)
            token = aws("get-activity-task", activity_arn=activity)["taskToken"]
            aws("send-task-heartbeat", task_token=token)
            end(token)
        aws("delete-activity", activity_arn=activity)


if __name__ == "__main__":
    unittest.main()
