"""Every operation of the Step Functions API through boto3, with what AWS documents of each."""
import unittest
import uuid
from json import loads as load

from server import ACCOUNT, ENDPOINT, FAIL, PASS, REGION, ROLE, called, client, code_and_message, dump, machine, mocks, until

sfn = client("stepfunctions")


def unique(name):
    return f"{name}-{uuid.uuid4().hex[:8]}"


def create(definition, **more):
    more = {"name": unique("m"), "definition": definition, "roleArn": ROLE, **more}
    return sfn.create_state_machine(**more)["stateMachineArn"]


def run(arn, execution_input="{}", service=sfn):
    """Starts an execution and describes it when it is over."""
    started = service.start_execution(stateMachineArn=arn, input=execution_input)["executionArn"]
    return ended(started, service)


def ended(execution, service=sfn):
    def done():
        d = service.describe_execution(executionArn=execution)
        return d if d["status"] != "RUNNING" else None

    return until(done)


def event_types(execution, **params):
    return [e["type"] for e in sfn.get_execution_history(executionArn=execution, **params)["events"]]


class Machines(unittest.TestCase):
    def test_create_describe_update_delete(self):
        arn = create(PASS, name="life", tags=[{"key": "a", "value": "1"}])
        self.assertEqual(arn, f"arn:aws:states:{REGION}:{ACCOUNT}:stateMachine:life")
        d = sfn.describe_state_machine(stateMachineArn=arn)
        self.assertEqual((d["status"], d["type"], d["definition"], d["loggingConfiguration"], d["tracingConfiguration"]),
                         ("ACTIVE", "STANDARD", PASS, {"level": "OFF", "includeExecutionData": False}, {"enabled": False}))
        self.assertNotIn("revisionId", d)
        updated = sfn.update_state_machine(stateMachineArn=arn, definition=FAIL, publish=True, versionDescription="fails")
        self.assertEqual(updated["stateMachineVersionArn"], arn + ":1")
        self.assertEqual(sfn.describe_state_machine(stateMachineArn=arn)["revisionId"], updated["revisionId"])
        self.assertIn(arn, [m["stateMachineArn"] for page in sfn.get_paginator("list_state_machines").paginate() for m in page["stateMachines"]])
        sfn.delete_state_machine(stateMachineArn=arn)
        sfn.delete_state_machine(stateMachineArn=arn)
        self.assertEqual(code_and_message(sfn.describe_state_machine, stateMachineArn=arn),
                         ("StateMachineDoesNotExist", f"State Machine Does Not Exist: '{arn}'"))

    def test_creating_again_is_idempotent_only_for_the_same(self):
        name = unique("again")
        first = sfn.create_state_machine(name=name, definition=PASS, roleArn=ROLE)
        again = sfn.create_state_machine(name=name, definition=PASS, roleArn=ROLE + "-other", tags=[{"key": "k", "value": "v"}])
        self.assertEqual(again["creationDate"], first["creationDate"])
        self.assertEqual(code_and_message(sfn.create_state_machine, name=name, definition=FAIL, roleArn=ROLE)[0], "StateMachineAlreadyExists")

    def test_names_and_definitions_are_checked(self):
        for name in ["a b", "a<b", "a*", "a\x00", "x" * 81]:
            self.assertIn(code_and_message(sfn.create_state_machine, name=name, definition=PASS, roleArn=ROLE)[0],
                          ["InvalidName", "ValidationException"], name)
        code, message = code_and_message(sfn.create_state_machine, name="n", definition="{}", roleArn=ROLE)
        self.assertEqual(code, "InvalidDefinition")
        self.assertIn("SCHEMA_VALIDATION_FAILED", message)

    def test_operations_that_aws_does_not_have(self):
        for resource in ["aws-sdk:events:putEvents", "aws-sdk:dynamodb:fooBar"]:
            state = {"Type": "Task", "Resource": "arn:aws:states:::" + resource, "End": True}
            code, message = code_and_message(sfn.create_state_machine, name=unique("m"), definition=machine({"T": state}), roleArn=ROLE)
            self.assertEqual(code, "InvalidDefinition")
            self.assertIn(f"The resource provided arn:aws:states:::{resource} is not recognized.", message)

    def test_validate_definition(self):
        self.assertEqual(sfn.validate_state_machine_definition(definition=PASS)["result"], "OK")
        bad = sfn.validate_state_machine_definition(definition=machine({"P": {"Type": "Pass", "Next": "Nowhere"}}), severity="ERROR", maxResults=1)
        self.assertEqual((bad["result"], len(bad["diagnostics"]), bad["diagnostics"][0]["severity"]), ("FAIL", 1, "ERROR"))

    def test_tags(self):
        arn = create(PASS)
        sfn.tag_resource(resourceArn=arn, tags=[{"key": "team", "value": "x"}, {"key": "cost", "value": "y"}])
        sfn.untag_resource(resourceArn=arn, tagKeys=["cost"])
        self.assertEqual(sfn.list_tags_for_resource(resourceArn=arn)["tags"], [{"key": "team", "value": "x"}])
        self.assertEqual(code_and_message(sfn.list_tags_for_resource, resourceArn=arn + "x")[0], "ResourceNotFound")


class VersionsAndAliases(unittest.TestCase):
    def test_life(self):
        arn = create(PASS)
        one = sfn.publish_state_machine_version(stateMachineArn=arn, description="one")["stateMachineVersionArn"]
        sfn.update_state_machine(stateMachineArn=arn, definition=FAIL)
        two = sfn.publish_state_machine_version(stateMachineArn=arn)["stateMachineVersionArn"]
        versions = [v["stateMachineVersionArn"] for v in sfn.list_state_machine_versions(stateMachineArn=arn)["stateMachineVersions"]]
        self.assertEqual(versions, [two, one])
        alias = sfn.create_state_machine_alias(name="live", routingConfiguration=[{"stateMachineVersionArn": one, "weight": 100}])["stateMachineAliasArn"]
        self.assertEqual(run(alias)["status"], "SUCCEEDED")
        sfn.update_state_machine_alias(stateMachineAliasArn=alias, description="moved",
                                       routingConfiguration=[{"stateMachineVersionArn": one, "weight": 0}, {"stateMachineVersionArn": two, "weight": 100}])
        described = run(alias)
        self.assertEqual((described["status"], described["stateMachineVersionArn"], described["stateMachineAliasArn"]), ("FAILED", two, alias))
        self.assertEqual(sfn.describe_state_machine_alias(stateMachineAliasArn=alias)["description"], "moved")
        self.assertEqual(len(sfn.list_state_machine_aliases(stateMachineArn=arn)["stateMachineAliases"]), 1)
        self.assertEqual(len(sfn.list_executions(stateMachineArn=alias)["executions"]), 2)
        self.assertEqual(code_and_message(sfn.delete_state_machine_version, stateMachineVersionArn=one)[0], "ConflictException")
        sfn.delete_state_machine_alias(stateMachineAliasArn=alias)
        sfn.delete_state_machine_version(stateMachineVersionArn=one)
        self.assertEqual(len(sfn.list_state_machine_versions(stateMachineArn=arn)["stateMachineVersions"]), 1)


class Executions(unittest.TestCase):
    def test_start_describe_history_list(self):
        arn = create(PASS)
        started = sfn.start_execution(stateMachineArn=arn, name="x", input='{"a": 1}')["executionArn"]
        self.assertEqual(started, arn.replace(":stateMachine:", ":execution:") + ":x")
        d = ended(started)
        self.assertEqual((d["status"], d["input"], d["output"], d["redriveCount"], d["redriveStatus"]),
                         ("SUCCEEDED", '{"a": 1}', '{"a":1}', 0, "NOT_REDRIVABLE"))
        self.assertEqual(event_types(started), ["ExecutionStarted", "PassStateEntered", "PassStateExited", "ExecutionSucceeded"])
        self.assertEqual(event_types(started, reverseOrder=True, maxResults=1), ["ExecutionSucceeded"])
        pages = list(sfn.get_paginator("get_execution_history").paginate(executionArn=started, PaginationConfig={"PageSize": 3}))
        self.assertEqual([len(p["events"]) for p in pages], [3, 1])
        bare = sfn.get_execution_history(executionArn=started, includeExecutionData=False)["events"][0]
        self.assertNotIn("input", bare["executionStartedEventDetails"])
        self.assertEqual(sfn.describe_state_machine_for_execution(executionArn=started)["definition"], PASS)
        listed = sfn.list_executions(stateMachineArn=arn, statusFilter="SUCCEEDED", redriveFilter="NOT_REDRIVEN")["executions"]
        self.assertEqual([e["name"] for e in listed], ["x"])
        self.assertEqual(sfn.list_executions(stateMachineArn=arn, statusFilter="FAILED")["executions"], [])

    def test_names_are_used_once(self):
        arn = create(machine({"W": {"Type": "Wait", "Seconds": 60, "End": True}}))
        first = sfn.start_execution(stateMachineArn=arn, name="n", input="{}")
        self.assertEqual(sfn.start_execution(stateMachineArn=arn, name="n", input="{}")["startDate"], first["startDate"])
        self.assertEqual(code_and_message(sfn.start_execution, stateMachineArn=arn, name="n", input='{"other":1}')[0], "ExecutionAlreadyExists")
        sfn.stop_execution(executionArn=first["executionArn"], error="E", cause="no")
        d = ended(first["executionArn"])
        self.assertEqual((d["status"], d["error"], d["cause"]), ("ABORTED", "E", "no"))
        self.assertEqual(code_and_message(sfn.start_execution, stateMachineArn=arn, name="n", input="{}")[0], "ExecutionAlreadyExists")

    def test_redrive(self):
        arn = create(machine({"A": {"Type": "Pass", "Next": "F"}, "F": {"Type": "Fail", "Error": "E"}}))
        d = run(arn)
        self.assertEqual(d["redriveStatus"], "REDRIVABLE")
        first = sfn.redrive_execution(executionArn=d["executionArn"], clientToken="t")
        again = until(lambda: (x := sfn.describe_execution(executionArn=d["executionArn"]))["status"] == "FAILED" and x["redriveCount"] == 1 and x)
        self.assertEqual(again["redriveDate"], first["redriveDate"])
        self.assertEqual(event_types(d["executionArn"]).count("ExecutionRedriven"), 1)
        self.assertEqual(code_and_message(sfn.redrive_execution, executionArn=run(create(PASS))["executionArn"])[0], "ExecutionNotRedrivable")

    def test_express(self):
        arn = create(PASS, type="EXPRESS")
        answer = sfn.start_sync_execution(stateMachineArn=arn, input='{"n":2}', name="quick")
        self.assertEqual((answer["status"], answer["output"], answer["name"]), ("SUCCEEDED", '{"n":2}', "quick"))
        self.assertGreater(answer["billingDetails"]["billedDurationInMilliseconds"], 0)
        started = sfn.start_execution(stateMachineArn=arn)["executionArn"]
        self.assertIn(":express:", started)
        self.assertEqual(code_and_message(sfn.list_executions, stateMachineArn=arn)[0], "StateMachineTypeNotSupported")
        self.assertEqual(code_and_message(sfn.start_sync_execution, stateMachineArn=create(PASS))[0], "StateMachineTypeNotSupported")

    def test_sync_prefix_of_the_host_is_not_needed(self):
        answer = client("stepfunctions").start_sync_execution(stateMachineArn=create(PASS, type="EXPRESS"))
        self.assertEqual(answer["status"], "SUCCEEDED")

    def test_map_runs(self):
        arn = create(machine({"M": {"Type": "Map", "End": True, "ToleratedFailurePercentage": 100, "ItemProcessor": {
            "ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"}, "StartAt": "W",
            "States": {"W": {"Type": "Wait", "SecondsPath": "$", "End": True}}}}}))
        execution = sfn.start_execution(stateMachineArn=arn, input="[0, 60]")["executionArn"]
        runs = until(lambda: sfn.list_map_runs(executionArn=execution)["mapRuns"])
        run_arn = runs[0]["mapRunArn"]
        sfn.update_map_run(mapRunArn=run_arn, maxConcurrency=7, toleratedFailureCount=1, toleratedFailurePercentage=50.0)
        d = until(lambda: (x := sfn.describe_map_run(mapRunArn=run_arn))["itemCounts"]["succeeded"] == 1 and x)
        self.assertEqual((d["status"], d["maxConcurrency"], d["toleratedFailureCount"], d["toleratedFailurePercentage"], d["itemCounts"]["total"]),
                         ("RUNNING", 7, 1, 50.0, 2))
        children = sfn.list_executions(mapRunArn=run_arn)["executions"]
        self.assertEqual(sorted(c["status"] for c in children), ["RUNNING", "SUCCEEDED"])
        child = sfn.describe_execution(executionArn=children[0]["executionArn"])
        self.assertEqual(child["mapRunArn"], run_arn)
        sfn.stop_execution(executionArn=execution)
        self.assertEqual(until(lambda: (x := sfn.describe_map_run(mapRunArn=run_arn))["status"] != "RUNNING" and x)["status"], "ABORTED")


class ActivitiesAndTokens(unittest.TestCase):
    def test_activity(self):
        name = unique("act")
        arn = sfn.create_activity(name=name, tags=[{"key": "a", "value": "b"}])["activityArn"]
        self.assertEqual(sfn.create_activity(name=name)["activityArn"], arn)
        self.assertEqual(sfn.describe_activity(activityArn=arn)["name"], name)
        self.assertIn(arn, [a["activityArn"] for page in sfn.get_paginator("list_activities").paginate() for a in page["activities"]])
        task = {"Type": "Task", "Resource": arn, "HeartbeatSeconds": 30, "TimeoutSeconds": 60, "End": True}
        execution = sfn.start_execution(stateMachineArn=create(machine({"A": task})), input='{"x":1}')["executionArn"]
        got = sfn.get_activity_task(activityArn=arn, workerName="me")
        self.assertEqual(got["input"], '{"x":1}')
        sfn.send_task_heartbeat(taskToken=got["taskToken"])
        sfn.send_task_success(taskToken=got["taskToken"], output='{"done":true}')
        self.assertEqual(ended(execution)["output"], '{"done":true}')
        self.assertEqual(code_and_message(sfn.send_task_success, taskToken=got["taskToken"], output="{}")[0], "TaskTimedOut")
        sfn.delete_activity(activityArn=arn)
        self.assertEqual(code_and_message(sfn.describe_activity, activityArn=arn)[0], "ActivityDoesNotExist")

    def test_failure(self):
        arn = sfn.create_activity(name=unique("act"))["activityArn"]
        execution = sfn.start_execution(stateMachineArn=create(machine({"A": {"Type": "Task", "Resource": arn, "End": True}})))["executionArn"]
        token = sfn.get_activity_task(activityArn=arn)["taskToken"]
        sfn.send_task_failure(taskToken=token, error="Mine", cause="because")
        d = ended(execution)
        self.assertEqual((d["status"], d["error"], d["cause"]), ("FAILED", "Mine", "because"))

    def test_tokens_are_checked(self):
        self.assertEqual(code_and_message(sfn.send_task_success, taskToken="nonsense", output="{}")[0], "InvalidToken")


class TestStates(unittest.TestCase):
    def test_levels(self):
        state = {"Type": "Pass", "Parameters": {"b.$": "$.a"}, "ResultPath": "$.r", "Next": "Other"}
        answer = sfn.test_state(definition=dump(state), roleArn=ROLE, input='{"a":1}', inspectionLevel="DEBUG")
        self.assertEqual((answer["status"], load(answer["output"]), answer["nextState"]), ("SUCCEEDED", {"a": 1, "r": {"b": 1}}, "Other"))
        self.assertEqual(load(answer["inspectionData"]["afterParameters"]), {"b": 1})

    def test_mock_retry_and_catch(self):
        state = {"Type": "Task", "Resource": "arn:aws:states:::lambda:invoke", "Parameters": {"FunctionName": "f"}, "End": True,
                 "Retry": [{"ErrorEquals": ["Boom"], "MaxAttempts": 2, "IntervalSeconds": 3}],
                 "Catch": [{"ErrorEquals": ["States.ALL"], "Next": "Caught"}]}
        whole = machine({"T": state, "Caught": {"Type": "Succeed"}} | {"T": {**state, "End": True}})
        mock = {"errorOutput": {"error": "Boom", "cause": "c"}}
        retried = sfn.test_state(definition=whole, stateName="T", mock=mock, inspectionLevel="DEBUG", stateConfiguration={"retrierRetryCount": 1})
        self.assertEqual(retried["status"], "RETRIABLE")
        self.assertEqual(retried["inspectionData"]["errorDetails"], {"retryIndex": 0, "retryBackoffIntervalSeconds": 6})
        caught = sfn.test_state(definition=whole, stateName="T", mock=mock, stateConfiguration={"retrierRetryCount": 2})
        self.assertEqual((caught["status"], caught["nextState"], caught["error"]), ("CAUGHT_ERROR", "Caught", "Boom"))
        fine = sfn.test_state(definition=whole, stateName="T", mock={"result": '{"StatusCode": 200}', "fieldValidationMode": "NONE"})
        self.assertEqual(load(fine["output"]), {"StatusCode": 200})

    def test_what_a_map_makes_of_its_items(self):
        state = {"Type": "Map", "ItemsPath": "$.a", "ItemSelector": {"v.$": "$$.Map.Item.Value"}, "ItemBatcher": {"MaxItemsPerBatch": 2}, "End": True,
                 "ItemProcessor": {"ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "EXPRESS"}, "StartAt": "P", "States": {"P": {"Type": "Pass", "End": True}}}}
        answer = sfn.test_state(definition=dump(state), input='{"a":[1,2,3]}', mock={"result": "[1, 2]"}, inspectionLevel="TRACE")
        data = answer["inspectionData"]
        self.assertEqual([load(data[name]) for name in ["afterItemsPath", "afterItemSelector", "afterItemBatcher"]],
                         [[1, 2, 3], [{"v": 1}, {"v": 2}, {"v": 3}], [{"Items": [{"v": 1}, {"v": 2}]}, {"Items": [{"v": 3}]}]])

    def test_what_an_http_task_sends(self):
        state = {"Type": "Task", "Resource": "arn:aws:states:::http:invoke", "End": True,
                 "Parameters": {"ApiEndpoint": ENDPOINT + "/", "Method": "GET", "QueryParameters": {"q": "1"}, "Headers": {"X-Mine": "2"}}}
        data = sfn.test_state(definition=dump(state), roleArn=ROLE, inspectionLevel="TRACE")["inspectionData"]
        self.assertEqual((data["request"]["method"], data["request"]["url"], load(data["request"]["headers"])["X-Mine"]), ("GET", ENDPOINT + "/?q=1", "2"))
        self.assertEqual((data["response"]["statusCode"], data["response"]["statusMessage"]), ("200", "OK"))

    def test_variables_after_the_state(self):
        state = {"Type": "Pass", "Assign": {"v": 2, "w": 3}, "End": True}
        answer = sfn.test_state(definition=dump(state), variables='{"v":1,"u":0}', inspectionLevel="DEBUG")
        self.assertEqual(load(answer["inspectionData"]["variables"]), {"v": 2, "w": 3, "u": 0})

    def test_variables_and_context(self):
        state = {"Type": "Pass", "QueryLanguage": "JSONata", "Output": "{% {'v': $v, 'id': $states.context.Execution.Id} %}", "End": True}
        answer = sfn.test_state(definition=dump(state), variables='{"v":7}', context='{"Execution":{"Id":"arn"}}')
        self.assertEqual(load(answer["output"]), {"v": 7, "id": "arn"})


class Callers(unittest.TestCase):
    def test_account_and_region_come_from_the_signature(self):
        other = client("stepfunctions", key="123456789012", region="eu-west-1")
        arn = other.create_state_machine(name="there", definition=PASS, roleArn=ROLE)["stateMachineArn"]
        self.assertEqual(arn, "arn:aws:states:eu-west-1:123456789012:stateMachine:there")
        self.assertEqual(run(arn, service=other)["status"], "SUCCEEDED")
        self.assertEqual(code_and_message(sfn.describe_state_machine, stateMachineArn=arn)[0], "StateMachineDoesNotExist")

    def test_mock_file_is_read_anew_by_each_execution(self):
        task = {"Type": "Task", "Resource": "arn:aws:states:::sqs:sendMessage", "Parameters": {"QueueUrl": "u", "MessageBody": "m"}, "End": True}
        arn = create(machine({"T": task}), name="mocked")
        for n in range(2):
            mocks.seek(0)
            mocks.truncate()
            mocks.write(dump({"StateMachines": {"mocked": {"TestCases": {"C": {"T": "R"}}}}, "MockedResponses": {"R": {"0": {"Return": {"n": n}}}}}))
            mocks.flush()
            self.assertEqual(load(run(arn + "#C")["output"]), {"n": n})

    def test_a_service_without_an_endpoint_fails_loudly(self):
        task = {"Type": "Task", "Resource": "arn:aws:states:::sqs:sendMessage", "Parameters": {"QueueUrl": "u", "MessageBody": "m"}, "End": True}
        d = run(create(machine({"T": task})))
        self.assertEqual(d["status"], "FAILED")
        self.assertIn("AWS_ENDPOINT_URL_SQS", d["cause"])


class ZEverything(unittest.TestCase):
    def test_no_operation_is_left_out(self):
        self.assertEqual(set(sfn.meta.service_model.operation_names) - called["stepfunctions"], set())


if __name__ == "__main__":
    unittest.main()
