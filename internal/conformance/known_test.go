package conformance

// knownDifferences are the cases that differ from AWS's recording, each with its reason. One that passes fails the test.
var knownDifferences = map[string]string{
	"api_versioning/sfn_api_versioning__start_version_execution": "recorded before AWS had redrives: the list has no redriveCount",
	"scenarios/base_scenarios__lambda_invoke_with_retry_extended_input": "recorded before AWS had redrives: the context object has " +
		"no RedriveCount",
	"base/wait__timestamp_too_far_in_future_boundary-24855": "the case does not list the masks of its recording (timestamp, role)",
	"base/wait__timestamp_too_far_in_future_boundary-24856": "the case does not list the masks of its recording (timestamp, role)",
	"assign/assign_reference_variables__reference_in_map_state_max_items_path-MAP_STATE_REFERENCE_IN_MAX_PER_BATCH_PATH": "the case " +
		"lacks the step that starts the execution, and the recording has its bucket masked",
	"callback/callback__multiple_executions_and_heartbeat_notifications": "the steps send task tokens of the run that they were taken " +
		"from, which no other run knows",
	"services/events_task_service__put_events_no_source": "SQS delivered a message twice when this was recorded",
	"test_state/field_validation_mode__strict_mode_aws_sdk_lambda_get_function_task-integer_more_than_maximum_allowed": "AWS has since " +
		"raised the maximum of MemorySize to 32,768 in Lambda's model",
	"test_state/field_validation_mode_present__present_mode_aws_sdk_lambda_get_function_task-integer_more_than_maximum_allowed": "AWS has " +
		"since raised the maximum of MemorySize to 32,768 in Lambda's model",
}
