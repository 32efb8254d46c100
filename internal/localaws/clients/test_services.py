"""The operations of all other services that the local AWS offers, through boto3. What it does not offer has to be refused: an operation that is in boto3's model and not in this file must be answered with an error that says so."""
import datetime
import io
import unittest
import urllib.request
import zipfile
from json import loads as load

from botocore.exceptions import ClientError
from server import ACCOUNT, ENDPOINT, REGION, called, client, code_and_message, dump, machine, until

awslambda, logs, iam, sts, s3, sfn = (client(name) for name in ["lambda", "logs", "iam", "sts", "s3", "stepfunctions"])
events, scheduler, pipes, cloudwatch, apigateway = (client(name) for name in ["events", "scheduler", "pipes", "cloudwatch", "apigateway"])
ROLE = f"arn:aws:iam::{ACCOUNT}:role/any"

BOOTSTRAP = """#!/usr/bin/env python3
import os, urllib.request
api = "http://" + os.environ["AWS_LAMBDA_RUNTIME_API"] + "/2018-06-01/runtime/invocation/"
while True:
    with urllib.request.urlopen(api + "next") as event:
        body, request = event.read(), event.headers["Lambda-Runtime-Aws-Request-Id"]
    print("echo", body.decode(), flush=True)
    urllib.request.urlopen(urllib.request.Request(api + request + "/response", data=body, method="POST")).read()
"""
TRUST = dump({"Version": "2012-10-17", "Statement": [
    {"Effect": "Allow", "Principal": {"Service": ["lambda.amazonaws.com", "states.amazonaws.com"], "AWS": f"arn:aws:iam::{ACCOUNT}:root"}, "Action": "sts:AssumeRole"}]})
ALLOW = dump({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]})


def zipped(text):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as z:
        entry = zipfile.ZipInfo("bootstrap")
        entry.external_attr = 0o755 << 16
        z.writestr(entry, text)
    return buffer.getvalue()


def create_function(name, **more):
    return awslambda.create_function(FunctionName=name, Runtime="provided.al2023", Handler="bootstrap", Role=f"arn:aws:iam::{ACCOUNT}:role/any",
                                     **({"Code": {"ZipFile": zipped(BOOTSTRAP)}} | more))


class Lambda(unittest.TestCase):
    def test_life(self):
        name = "echo"
        arn = create_function(name, Tags={"a": "b"})["FunctionArn"]
        awslambda.get_waiter("function_active_v2").wait(FunctionName=name)
        answer = awslambda.invoke(FunctionName=name, Payload=b'{"x": 1}', LogType="Tail")
        self.assertEqual(answer["Payload"].read(), b'{"x": 1}')
        self.assertEqual(awslambda.get_function(FunctionName=name)["Configuration"]["FunctionArn"], arn)
        self.assertEqual(awslambda.get_function_configuration(FunctionName=name)["Runtime"], "provided.al2023")
        self.assertEqual([f["FunctionName"] for f in awslambda.list_functions()["Functions"]], [name])
        awslambda.update_function_configuration(FunctionName=name, Timeout=9, Environment={"Variables": {"A": "1"}})
        awslambda.update_function_code(FunctionName=name, ZipFile=zipped(BOOTSTRAP + "\n"))
        one = awslambda.publish_version(FunctionName=name)["Version"]
        self.assertEqual([v["Version"] for v in awslambda.list_versions_by_function(FunctionName=name)["Versions"]], ["$LATEST", one])
        awslambda.create_alias(FunctionName=name, Name="live", FunctionVersion=one)
        awslambda.update_alias(FunctionName=name, Name="live", Description="d")
        self.assertEqual(awslambda.get_alias(FunctionName=name, Name="live")["Description"], "d")
        self.assertEqual(len(awslambda.list_aliases(FunctionName=name)["Aliases"]), 1)
        self.assertEqual(awslambda.invoke(FunctionName=name + ":live", Payload=b"1")["ExecutedVersion"], one)
        awslambda.add_permission(FunctionName=name, StatementId="s", Action="lambda:InvokeFunction", Principal="events.amazonaws.com")
        self.assertEqual(load(awslambda.get_policy(FunctionName=name)["Policy"])["Statement"][0]["Sid"], "s")
        awslambda.remove_permission(FunctionName=name, StatementId="s")
        awslambda.put_function_concurrency(FunctionName=name, ReservedConcurrentExecutions=2)
        self.assertEqual(awslambda.get_function_concurrency(FunctionName=name)["ReservedConcurrentExecutions"], 2)
        awslambda.delete_function_concurrency(FunctionName=name)
        awslambda.tag_resource(Resource=arn, Tags={"c": "d"})
        awslambda.untag_resource(Resource=arn, TagKeys=["a"])
        self.assertEqual(awslambda.list_tags(Resource=arn)["Tags"], {"c": "d"})
        self.assertEqual(awslambda.get_account_settings()["AccountUsage"]["FunctionCount"], 1)
        awslambda.delete_alias(FunctionName=name, Name="live")
        awslambda.delete_function(FunctionName=name)
        self.assertEqual(code_and_message(awslambda.get_function, FunctionName=name)[0], "ResourceNotFoundException")


class Logs(unittest.TestCase):
    def test_life(self):
        group, arn = "/g", f"arn:aws:logs:{REGION}:{ACCOUNT}:log-group:/g"
        logs.create_log_group(logGroupName=group)
        logs.put_retention_policy(logGroupName=group, retentionInDays=7)
        self.assertEqual(logs.describe_log_groups(logGroupNamePrefix=group)["logGroups"][0]["retentionInDays"], 7)
        logs.delete_retention_policy(logGroupName=group)
        logs.create_log_stream(logGroupName=group, logStreamName="s")
        now = 1_000_000 * int(__import__("time").time() // 1000)
        logs.put_log_events(logGroupName=group, logStreamName="s", logEvents=[{"timestamp": now, "message": "hello"}, {"timestamp": now, "message": "you"}])
        self.assertEqual([e["message"] for e in logs.get_log_events(logGroupName=group, logStreamName="s")["events"]], ["hello", "you"])
        self.assertEqual([e["message"] for e in logs.filter_log_events(logGroupName=group, filterPattern="hello")["events"]], ["hello"])
        self.assertEqual(logs.describe_log_streams(logGroupName=group)["logStreams"][0]["logStreamName"], "s")
        logs.tag_resource(resourceArn=arn, tags={"a": "b", "c": "d"})
        logs.untag_resource(resourceArn=arn, tagKeys=["a"])
        self.assertEqual(logs.list_tags_for_resource(resourceArn=arn)["tags"], {"c": "d"})
        logs.tag_log_group(logGroupName=group, tags={"e": "f"})
        logs.untag_log_group(logGroupName=group, tags=["c"])
        self.assertEqual(logs.list_tags_log_group(logGroupName=group)["tags"], {"e": "f"})
        logs.put_resource_policy(policyName="p", policyDocument=ALLOW)
        logs.describe_resource_policies()
        stream = iter(logs.start_live_tail(logGroupIdentifiers=[arn])["responseStream"])
        self.assertIn("sessionStart", next(stream))
        logs.put_log_events(logGroupName=group, logStreamName="s", logEvents=[{"timestamp": now, "message": "live"}])
        update = next(e for e in stream if e.get("sessionUpdate", {}).get("sessionResults"))
        self.assertEqual(update["sessionUpdate"]["sessionResults"][0]["message"], "live")
        logs.delete_log_stream(logGroupName=group, logStreamName="s")
        logs.delete_log_group(logGroupName=group)
        self.assertEqual(logs.describe_log_groups(logGroupNamePrefix=group)["logGroups"], [])

    def test_executions_are_logged(self):
        logs.create_log_group(logGroupName="executions")
        destination = {"cloudWatchLogsLogGroup": {"logGroupArn": f"arn:aws:logs:{REGION}:{ACCOUNT}:log-group:executions:*"}}
        arn = sfn.create_state_machine(name="logged", definition=machine({"P": {"Type": "Pass", "End": True}}), roleArn=f"arn:aws:iam::{ACCOUNT}:role/any", type="EXPRESS",
                                       loggingConfiguration={"level": "ALL", "includeExecutionData": True, "destinations": [destination]})["stateMachineArn"]
        sfn.start_sync_execution(stateMachineArn=arn)
        lines = until(lambda: (e := logs.filter_log_events(logGroupName="executions", filterPattern='{$.id = "*"}')["events"]) and len(e) == 4 and e)
        self.assertEqual([load(e["message"])["type"] for e in lines], ["ExecutionStarted", "PassStateEntered", "PassStateExited", "ExecutionSucceeded"])


class Tasks(unittest.TestCase):
    def test_states_reach_the_services_that_are_here(self):
        """A distributed Map reads its items from the local S3 and writes its results there, without any endpoint being set."""
        s3.create_bucket(Bucket="maps")
        s3.put_object(Bucket="maps", Key="items.json", Body=b"[1, 2, 3]")
        map_state = {"Type": "Map", "Next": "List", "ItemProcessor": {"ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"}, "StartAt": "P",
                     "States": {"P": {"Type": "Pass", "End": True}}},
                     "ItemReader": {"Resource": "arn:aws:states:::s3:getObject", "ReaderConfig": {"InputType": "JSON"}, "Parameters": {"Bucket": "maps", "Key": "items.json"}},
                     "ResultWriter": {"Resource": "arn:aws:states:::s3:putObject", "Parameters": {"Bucket": "maps", "Prefix": "out"}}}
        listing = {"Type": "Task", "Resource": "arn:aws:states:::aws-sdk:s3:listObjectsV2", "Parameters": {"Bucket": "maps", "Prefix": "out/"}, "End": True}
        arn = sfn.create_state_machine(name="maps", definition=machine({"M": map_state, "List": listing}), roleArn=f"arn:aws:iam::{ACCOUNT}:role/any")["stateMachineArn"]
        execution = sfn.start_execution(stateMachineArn=arn)["executionArn"]
        d = until(lambda: (x := sfn.describe_execution(executionArn=execution))["status"] != "RUNNING" and x)
        self.assertEqual(d["status"], "SUCCEEDED", d.get("cause"))
        keys = [c["Key"].split("/")[-1] for c in load(d["output"])["Contents"]]
        self.assertEqual(keys, ["SUCCEEDED_0.json", "manifest.json"])
        for key in ["items.json", *(c["Key"] for c in load(d["output"])["Contents"])]:
            s3.delete_object(Bucket="maps", Key=key)
        s3.delete_bucket(Bucket="maps")


class Iam(unittest.TestCase):
    def test_roles(self):
        iam.create_role(RoleName="r", AssumeRolePolicyDocument=TRUST, Tags=[{"Key": "a", "Value": "b"}])
        iam.update_role(RoleName="r", Description="d", MaxSessionDuration=7200)
        self.assertEqual(iam.get_role(RoleName="r")["Role"]["Description"], "d")
        self.assertEqual([r["RoleName"] for r in iam.list_roles()["Roles"]], ["r"])
        iam.update_assume_role_policy(RoleName="r", PolicyDocument=TRUST)
        iam.tag_role(RoleName="r", Tags=[{"Key": "c", "Value": "d"}])
        iam.untag_role(RoleName="r", TagKeys=["a"])
        self.assertEqual(iam.list_role_tags(RoleName="r")["Tags"], [{"Key": "c", "Value": "d"}])
        iam.put_role_policy(RoleName="r", PolicyName="inline", PolicyDocument=ALLOW)
        self.assertEqual(iam.get_role_policy(RoleName="r", PolicyName="inline")["PolicyDocument"], load(ALLOW))
        self.assertEqual(iam.list_role_policies(RoleName="r")["PolicyNames"], ["inline"])
        policy = iam.create_policy(PolicyName="p", PolicyDocument=ALLOW)["Policy"]["Arn"]
        iam.attach_role_policy(RoleName="r", PolicyArn=policy)
        self.assertEqual(iam.list_attached_role_policies(RoleName="r")["AttachedPolicies"], [{"PolicyName": "p", "PolicyArn": policy}])
        self.assertEqual(iam.list_entities_for_policy(PolicyArn=policy)["PolicyRoles"][0]["RoleName"], "r")
        iam.put_role_permissions_boundary(RoleName="r", PermissionsBoundary=policy)
        iam.delete_role_permissions_boundary(RoleName="r")
        self.assertEqual(iam.list_instance_profiles_for_role(RoleName="r")["InstanceProfiles"], [])
        self.assertEqual(code_and_message(iam.delete_role, RoleName="r")[0], "DeleteConflict")
        iam.detach_role_policy(RoleName="r", PolicyArn=policy)
        iam.delete_role_policy(RoleName="r", PolicyName="inline")
        iam.delete_role(RoleName="r")
        iam.delete_policy(PolicyArn=policy)
        self.assertEqual(code_and_message(iam.get_role, RoleName="r")[0], "NoSuchEntity")

    def test_policies(self):
        arn = iam.create_policy(PolicyName="versions", PolicyDocument=ALLOW)["Policy"]["Arn"]
        iam.create_policy_version(PolicyArn=arn, PolicyDocument=ALLOW)
        iam.set_default_policy_version(PolicyArn=arn, VersionId="v2")
        self.assertEqual(iam.get_policy(PolicyArn=arn)["Policy"]["DefaultVersionId"], "v2")
        self.assertEqual(iam.get_policy_version(PolicyArn=arn, VersionId="v1")["PolicyVersion"]["Document"], load(ALLOW))
        iam.delete_policy_version(PolicyArn=arn, VersionId="v1")
        self.assertEqual([v["VersionId"] for v in iam.list_policy_versions(PolicyArn=arn)["Versions"]], ["v2"])
        iam.tag_policy(PolicyArn=arn, Tags=[{"Key": "a", "Value": "b"}])
        iam.untag_policy(PolicyArn=arn, TagKeys=["a"])
        self.assertIn(arn, [p["Arn"] for p in iam.list_policies(Scope="Local")["Policies"]])
        iam.delete_policy(PolicyArn=arn)


class Sts(unittest.TestCase):
    def test_identities(self):
        self.assertEqual(sts.get_caller_identity()["Account"], ACCOUNT)
        iam.create_role(RoleName="assumed", AssumeRolePolicyDocument=TRUST)
        credentials = sts.assume_role(RoleArn=f"arn:aws:iam::{ACCOUNT}:role/assumed", RoleSessionName="me")["Credentials"]
        self.assertEqual(sts.get_access_key_info(AccessKeyId=credentials["AccessKeyId"])["Account"], ACCOUNT)
        self.assertIn("SessionToken", sts.get_session_token()["Credentials"])
        iam.delete_role(RoleName="assumed")


class S3(unittest.TestCase):
    def test_objects(self):
        s3.create_bucket(Bucket="objects")
        s3.head_bucket(Bucket="objects")
        self.assertEqual([b["Name"] for b in s3.list_buckets()["Buckets"]], ["objects"])
        s3.put_object(Bucket="objects", Key="a/b", Body=b"hello", Metadata={"m": "1"}, ContentType="text/plain")
        got = s3.get_object(Bucket="objects", Key="a/b", Range="bytes=1-3")
        self.assertEqual((got["Body"].read(), got["Metadata"]), (b"ell", {"m": "1"}))
        self.assertEqual(s3.head_object(Bucket="objects", Key="a/b")["ContentLength"], 5)
        s3.copy_object(Bucket="objects", Key="c", CopySource="objects/a/b")
        self.assertEqual([o["Key"] for o in s3.list_objects_v2(Bucket="objects")["Contents"]], ["a/b", "c"])
        self.assertEqual([p["Prefix"] for p in s3.list_objects(Bucket="objects", Delimiter="/")["CommonPrefixes"]], ["a/"])
        s3.delete_object(Bucket="objects", Key="c")
        s3.delete_objects(Bucket="objects", Delete={"Objects": [{"Key": "a/b"}]})
        self.assertEqual(code_and_message(s3.get_object, Bucket="objects", Key="c")[0], "NoSuchKey")
        s3.delete_bucket(Bucket="objects")

    def test_uploads_in_parts(self):
        s3.create_bucket(Bucket="parts")
        upload = s3.create_multipart_upload(Bucket="parts", Key="k")["UploadId"]
        self.assertEqual([u["UploadId"] for u in s3.list_multipart_uploads(Bucket="parts")["Uploads"]], [upload])
        s3.put_object(Bucket="parts", Key="source", Body=b"copied")
        s3.upload_part_copy(Bucket="parts", Key="k", UploadId=upload, PartNumber=1, CopySource="parts/source")
        part = s3.upload_part(Bucket="parts", Key="k", UploadId=upload, PartNumber=1, Body=b"x")["ETag"]
        self.assertEqual([p["ETag"] for p in s3.list_parts(Bucket="parts", Key="k", UploadId=upload)["Parts"]], [part])
        s3.complete_multipart_upload(Bucket="parts", Key="k", UploadId=upload, MultipartUpload={"Parts": [{"PartNumber": 1, "ETag": part}]})
        self.assertEqual(s3.get_object(Bucket="parts", Key="k")["Body"].read(), b"x")
        s3.abort_multipart_upload(Bucket="parts", Key="k", UploadId=s3.create_multipart_upload(Bucket="parts", Key="k")["UploadId"])

    def test_settings(self):
        bucket = "settings"
        s3.create_bucket(Bucket=bucket)
        self.assertIsNone(s3.get_bucket_location(Bucket=bucket)["LocationConstraint"])
        for put, get, delete, params in [
            (s3.put_bucket_tagging, s3.get_bucket_tagging, s3.delete_bucket_tagging, {"Tagging": {"TagSet": [{"Key": "a", "Value": "b"}]}}),
            (s3.put_bucket_encryption, s3.get_bucket_encryption, s3.delete_bucket_encryption,
             {"ServerSideEncryptionConfiguration": {"Rules": [{"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}}]}}),
            (s3.put_public_access_block, s3.get_public_access_block, s3.delete_public_access_block, {"PublicAccessBlockConfiguration": {"BlockPublicAcls": True}}),
            (s3.put_bucket_lifecycle_configuration, s3.get_bucket_lifecycle_configuration, s3.delete_bucket_lifecycle,
             {"LifecycleConfiguration": {"Rules": [{"ID": "r", "Status": "Enabled", "Filter": {"Prefix": ""}, "Expiration": {"Days": 1}}]}}),
            (s3.put_bucket_ownership_controls, s3.get_bucket_ownership_controls, s3.delete_bucket_ownership_controls,
             {"OwnershipControls": {"Rules": [{"ObjectOwnership": "BucketOwnerEnforced"}]}}),
            (s3.put_bucket_policy, s3.get_bucket_policy, s3.delete_bucket_policy, {"Policy": ALLOW}),
        ]:
            put(Bucket=bucket, **params)
            [sent], answer = params.values(), get(Bucket=bucket)
            del answer["ResponseMetadata"]
            self.assertIn(sent, [answer, *answer.values()])
            delete(Bucket=bucket)
        s3.put_bucket_notification_configuration(Bucket=bucket, NotificationConfiguration={"EventBridgeConfiguration": {}})
        self.assertEqual(s3.get_bucket_notification_configuration(Bucket=bucket)["EventBridgeConfiguration"], {})
        s3.delete_bucket(Bucket=bucket)


class Triggers(unittest.TestCase):
    """What starts executions: rules, schedules and pipes."""

    def setUp(self):
        self.machine = sfn.create_state_machine(name="triggered", roleArn=ROLE, definition=machine({"P": {"Type": "Pass", "End": True}}))["stateMachineArn"]

    def test_event_bridge(self):
        bus = events.create_event_bus(Name="bus")["EventBusArn"]
        self.assertEqual(events.describe_event_bus(Name="bus")["Arn"], bus)
        self.assertIn("bus", [b["Name"] for b in events.list_event_buses()["EventBuses"]])
        rule = events.put_rule(Name="r", EventBusName="bus", EventPattern=dump({"source": ["mine"]}), Tags=[{"Key": "a", "Value": "b"}])["RuleArn"]
        events.put_targets(Rule="r", EventBusName="bus", Targets=[{"Id": "t", "Arn": self.machine, "RoleArn": ROLE}])
        self.assertEqual([t["Id"] for t in events.list_targets_by_rule(Rule="r", EventBusName="bus")["Targets"]], ["t"])
        self.assertTrue(events.test_event_pattern(EventPattern=dump({"source": ["mine"]}), Event=dump(
            {"id": "1", "account": ACCOUNT, "source": "mine", "time": "2026-01-01T00:00:00Z", "region": REGION, "resources": [], "detail-type": "d", "detail": {}}))["Result"])
        events.put_events(Entries=[{"EventBusName": "bus", "Source": "mine", "DetailType": "d", "Detail": "{}"}])
        started = until(lambda: sfn.list_executions(stateMachineArn=self.machine)["executions"])
        self.assertEqual(len(started), 1)
        events.disable_rule(Name="r", EventBusName="bus")
        self.assertEqual(events.describe_rule(Name="r", EventBusName="bus")["State"], "DISABLED")
        events.enable_rule(Name="r", EventBusName="bus")
        self.assertEqual([r["Name"] for r in events.list_rules(EventBusName="bus")["Rules"]], ["r"])
        events.tag_resource(ResourceARN=rule, Tags=[{"Key": "c", "Value": "d"}])
        events.untag_resource(ResourceARN=rule, TagKeys=["a"])
        self.assertEqual(events.list_tags_for_resource(ResourceARN=rule)["Tags"], [{"Key": "c", "Value": "d"}])
        events.remove_targets(Rule="r", EventBusName="bus", Ids=["t"])
        events.delete_rule(Name="r", EventBusName="bus")
        events.delete_event_bus(Name="bus")

    def test_scheduler(self):
        group = scheduler.create_schedule_group(Name="g", Tags=[{"Key": "a", "Value": "b"}])["ScheduleGroupArn"]
        self.assertEqual(scheduler.get_schedule_group(Name="g")["Arn"], group)
        self.assertIn("g", [g["Name"] for g in scheduler.list_schedule_groups()["ScheduleGroups"]])
        scheduler.tag_resource(ResourceArn=group, Tags=[{"Key": "c", "Value": "d"}])
        self.assertIn({"Key": "c", "Value": "d"}, scheduler.list_tags_for_resource(ResourceArn=group)["Tags"])
        schedule = {"Name": "s", "GroupName": "g", "FlexibleTimeWindow": {"Mode": "OFF"}, "Target": {"Arn": self.machine, "RoleArn": ROLE}}
        scheduler.create_schedule(ScheduleExpression="rate(1 day)", **schedule)
        scheduler.update_schedule(ScheduleExpression="rate(2 days)", **schedule)
        self.assertEqual(scheduler.get_schedule(Name="s", GroupName="g")["ScheduleExpression"], "rate(2 days)")
        self.assertEqual([s["Name"] for s in scheduler.list_schedules(GroupName="g")["Schedules"]], ["s"])
        scheduler.delete_schedule(Name="s", GroupName="g")
        scheduler.delete_schedule_group(Name="g")

    def test_pipes(self):
        source = f"arn:aws:sqs:{REGION}:{ACCOUNT}:q"
        arn = pipes.create_pipe(Name="p", RoleArn=ROLE, Source=source, Target=self.machine, DesiredState="STOPPED")["Arn"]
        pipes.update_pipe(Name="p", RoleArn=ROLE, Description="d", DesiredState="STOPPED")
        self.assertEqual(pipes.describe_pipe(Name="p")["Description"], "d")
        self.assertEqual([p["Name"] for p in pipes.list_pipes()["Pipes"]], ["p"])
        pipes.tag_resource(resourceArn=arn, tags={"a": "b"})
        self.assertEqual(pipes.list_tags_for_resource(resourceArn=arn)["tags"], {"a": "b"})
        pipes.delete_pipe(Name="p")

    def test_api_gateway(self):
        express = sfn.create_state_machine(name="answering", roleArn=ROLE, type="EXPRESS", definition=machine({"P": {"Type": "Pass", "End": True}}))["stateMachineArn"]
        template = '{"stateMachineArn": "%s", "input": "$util.escapeJavaScript($input.json(\'$\'))"}' % express
        definition = dump({"openapi": "3.0.1", "info": {"title": "api", "version": "1"}, "paths": {"/orders": {"post": {"x-amazon-apigateway-integration": {
            "type": "aws", "uri": f"arn:aws:apigateway:{REGION}:states:action/StartSyncExecution", "credentials": ROLE, "requestTemplates": {"application/json": template},
            "responses": {"default": {"statusCode": "200", "responseTemplates": {"application/json": "$input.path('$.output')"}}}}}}}})
        api = apigateway.create_rest_api(name="first", tags={"a": "b"}, endpointConfiguration={"types": ["REGIONAL"]})["id"]
        self.assertEqual(apigateway.get_rest_api(restApiId=api)["name"], "first")
        self.assertEqual(apigateway.put_rest_api(restApiId=api, mode="overwrite", body=definition)["name"], "api")
        imported = apigateway.import_rest_api(body=definition)["id"]
        self.assertEqual({a["id"] for a in apigateway.get_rest_apis()["items"]}, {api, imported})
        deployment = apigateway.create_deployment(restApiId=api, stageName="live", description="d")["id"]
        self.assertEqual(apigateway.get_stage(restApiId=api, stageName="live")["deploymentId"], deployment)
        self.assertEqual([s["stageName"] for s in apigateway.get_stages(restApiId=api)["item"]], ["live"])
        self.assertEqual(apigateway.get_deployment(restApiId=api, deploymentId=deployment)["description"], "d")
        self.assertEqual([d["id"] for d in apigateway.get_deployments(restApiId=api)["items"]], [deployment])
        request = urllib.request.Request(f"{ENDPOINT}/_aws/execute-api/{api}/live/orders", data=b'{"a":1}', headers={"Content-Type": "application/json"})
        with urllib.request.urlopen(request) as answer:
            self.assertEqual(load(answer.read()), {"a": 1})
        arn = f"arn:aws:apigateway:{REGION}::/restapis/{api}"
        apigateway.tag_resource(resourceArn=arn, tags={"c": "d"})
        apigateway.untag_resource(resourceArn=arn, tagKeys=["a"])
        self.assertEqual(apigateway.get_tags(resourceArn=arn)["tags"], {"c": "d"})
        for id in [api, imported]:
            apigateway.delete_rest_api(restApiId=id)
        self.assertEqual(code_and_message(apigateway.get_rest_api, restApiId=api)[0], "NotFoundException")


class CloudWatch(unittest.TestCase):
    def test_alarms(self):
        now = datetime.datetime.now(datetime.timezone.utc)
        cloudwatch.put_metric_data(Namespace="n", MetricData=[{"MetricName": "m", "Value": 3, "Timestamp": now}])
        got = cloudwatch.get_metric_statistics(Namespace="n", MetricName="m", StartTime=now - datetime.timedelta(hours=1), EndTime=now + datetime.timedelta(hours=1),
                                               Period=60, Statistics=["Sum"])
        self.assertEqual([d["Sum"] for d in got["Datapoints"]], [3])
        cloudwatch.put_metric_alarm(AlarmName="a", Namespace="n", MetricName="m", Statistic="Sum", Period=60, EvaluationPeriods=1, Threshold=1,
                                    ComparisonOperator="GreaterThanThreshold")
        cloudwatch.set_alarm_state(AlarmName="a", StateValue="ALARM", StateReason="test")
        self.assertEqual(cloudwatch.describe_alarms(AlarmNames=["a"])["MetricAlarms"][0]["StateValue"], "ALARM")
        cloudwatch.delete_alarms(AlarmNames=["a"])


def example(shape):
    """A value that a shape takes, as small as it gets."""
    match shape.type_name:
        case "structure":
            return {name: example(shape.members[name]) for name in shape.required_members}
        case "list":
            return [example(shape.member)] if shape.metadata.get("min", 0) else []
        case "map":
            return {}
        case "string":
            return (shape.enum or ["x" * max(1, shape.metadata.get("min", 1))])[0]
        case "blob":
            return b"x"
        case "boolean":
            return True
        case "timestamp":
            return "2026-01-01T00:00:00Z"
    return 1


class ZRefusals(unittest.TestCase):
    """Runs last: what has not been called by then is what the local AWS does not offer."""

    # The codes of what JSON, REST and query services and S3 say; boto3 reads S3's signed for another service as a bare status.
    REFUSED = {"UnknownOperationException", "InvalidAction", "NotImplemented", "501"}

    # Older names of operations that are called above.
    SAME = {"GetBucketLifecycle", "PutBucketLifecycle", "GetBucketNotification", "PutBucketNotification"}

    def test_what_is_not_offered_is_refused(self):
        for c in [awslambda, logs, iam, sts, s3, events, scheduler, pipes, cloudwatch, apigateway]:
            model = c.meta.service_model
            bare = client(model.service_name, parameter_validation=False, read_timeout=5)
            for name in sorted(set(model.operation_names) - called[model.service_name] - self.SAME):
                with self.subTest(service=model.service_name, operation=name):
                    shape = model.operation_model(name).input_shape
                    params = example(shape) if shape else {}
                    with self.assertRaises(ClientError) as refused:
                        bare._make_api_call(name, params)
                    self.assertIn(refused.exception.response["Error"]["Code"], self.REFUSED)


if __name__ == "__main__":
    unittest.main()
