package task

// jobs are the actions that .sync can wait for, "service:action" as Resources have them. A result is what describes the job; where
// the start's answer has it in a member ("Build", "Cluster"), so has the result. AWS: the services' pages under "Integrating
// optimized services". Kubernetes (eks:call, eks:runJob) is not here: it is no AWS API.
var jobs = map[string]*job{
	"athena:startQueryExecution": {describe: "GetQueryExecution", params: from("QueryExecutionId"),
		status: []string{"QueryExecution", "Status", "State"}, good: []string{"SUCCEEDED"}, bad: []string{"FAILED", "CANCELLED"}, stop: "StopQueryExecution"},
	"batch:submitJob": {describe: "DescribeJobs", params: from("Jobs=JobId[]"), subject: []string{"Jobs"}, status: []string{"Status"},
		good: []string{"SUCCEEDED"}, bad: []string{"FAILED"}, stop: "TerminateJob", stopArgs: from("JobId").with("Reason", "the task was stopped by Step Functions")},
	"bedrock:createModelCustomizationJob": {describe: "GetModelCustomizationJob", params: from("JobIdentifier=JobArn"), status: []string{"Status"},
		good: []string{"Completed"}, bad: []string{"Failed", "Stopped"}, stop: "StopModelCustomizationJob"},
	"codebuild:startBuild": {describe: "BatchGetBuilds", params: from("Ids=Build.Id[]"), subject: []string{"Builds"}, as: "Build", status: []string{"BuildStatus"},
		good: []string{"SUCCEEDED"}, bad: failedBuild, stop: "StopBuild", stopArgs: from("Id=Build.Id")},
	"codebuild:startBuildBatch": buildBatch,
	"codebuild:retryBuildBatch": buildBatch,
	"databrew:startJobRun": {describe: "DescribeJobRun", params: from("Name", "RunId"), status: []string{"State"},
		good: []string{"SUCCEEDED"}, bad: []string{"FAILED", "STOPPED", "TIMEOUT"}, stop: "StopJobRun"},
	"ecs:runTask": {describe: "DescribeTasks", params: from("Cluster", "Tasks=Tasks.TaskArn[]"), subject: []string{"Tasks"}, status: []string{"LastStatus"},
		good: []string{"STOPPED"}, stop: "StopTask", stopArgs: from("Cluster", "Task=Tasks.TaskArn").with("Reason", "the task was stopped by Step Functions")},
	"eks:createCluster": {describe: "DescribeCluster", params: from("Name=Cluster.Name"), status: []string{"Cluster", "Status"},
		good: []string{"ACTIVE"}, bad: []string{"FAILED", "DELETING"}},
	"eks:deleteCluster": {describe: "DescribeCluster", params: from("Name"), status: []string{"Cluster", "Status"}, bad: []string{"FAILED"}, gone: true},
	"eks:createNodegroup": {describe: "DescribeNodegroup", params: from("ClusterName", "NodegroupName"), status: []string{"Nodegroup", "Status"},
		good: []string{"ACTIVE"}, bad: []string{"CREATE_FAILED", "DEGRADED"}},
	"eks:deleteNodegroup": {describe: "DescribeNodegroup", params: from("ClusterName", "NodegroupName"), status: []string{"Nodegroup", "Status"},
		bad: []string{"DELETE_FAILED"}, gone: true},
	"eks:createFargateProfile": {describe: "DescribeFargateProfile", params: from("ClusterName", "FargateProfileName"),
		status: []string{"FargateProfile", "Status"}, good: []string{"ACTIVE"}, bad: []string{"CREATE_FAILED"}},
	"eks:deleteFargateProfile": {describe: "DescribeFargateProfile", params: from("ClusterName", "FargateProfileName"),
		status: []string{"FargateProfile", "Status"}, bad: []string{"DELETE_FAILED"}, gone: true},
	"elasticmapreduce:addStep": {describe: "DescribeStep", params: from("ClusterId", "StepId"), status: []string{"Step", "Status", "State"},
		good: []string{"COMPLETED"}, bad: []string{"FAILED", "CANCELLED", "INTERRUPTED"}, stop: "CancelSteps", stopArgs: from("ClusterId", "StepIds=StepId[]")},
	"elasticmapreduce:createCluster": {describe: "DescribeCluster", params: from("ClusterId"), status: []string{"Cluster", "Status", "State"}, merged: true,
		good: []string{"WAITING", "RUNNING"}, bad: []string{"TERMINATING", "TERMINATED", "TERMINATED_WITH_ERRORS"},
		stop: "TerminateJobFlows", stopArgs: from("JobFlowIds=ClusterId[]")},
	"elasticmapreduce:terminateCluster": {describe: "DescribeCluster", params: from("ClusterId"), status: []string{"Cluster", "Status", "State"}, merged: true,
		good: []string{"TERMINATED", "TERMINATED_WITH_ERRORS"}},
	"emr-containers:startJobRun": {describe: "DescribeJobRun", params: from("VirtualClusterId", "Id"), subject: []string{"JobRun"}, status: []string{"State"},
		good: []string{"COMPLETED"}, bad: []string{"FAILED", "CANCELLED"}, stop: "CancelJobRun"},
	"emr-containers:deleteVirtualCluster": {describe: "DescribeVirtualCluster", params: from("Id"), subject: []string{"VirtualCluster"}, status: []string{"State"},
		good: []string{"TERMINATED"}, bad: []string{"ARRESTED"}, gone: true},
	"emr-serverless:createApplication": application("CREATED", "STARTING", "STARTED", "STOPPED"),
	"emr-serverless:startApplication":  application("STARTED"),
	"emr-serverless:stopApplication":   application("STOPPED"),
	"emr-serverless:deleteApplication": application("TERMINATED"),
	"emr-serverless:startJobRun":       serverlessRun([]string{"SUCCESS"}, []string{"FAILED", "CANCELLED"}, "CancelJobRun"),
	"emr-serverless:cancelJobRun":      serverlessRun([]string{"CANCELLED"}, []string{"SUCCESS", "FAILED"}, ""),
	"glue:startJobRun": {describe: "GetJobRun", params: from("JobName", "RunId=JobRunId"), subject: []string{"JobRun"}, status: []string{"JobRunState"},
		good: []string{"SUCCEEDED"}, bad: []string{"FAILED", "STOPPED", "TIMEOUT", "ERROR", "EXPIRED"},
		stop: "BatchStopJobRun", stopArgs: from("JobName", "JobRunIds=JobRunId[]")},
	"mediaconvert:createJob": {describe: "GetJob", params: from("Id=Job.Id"), status: []string{"Job", "Status"},
		good: []string{"COMPLETE"}, bad: []string{"ERROR", "CANCELED"}, stop: "CancelJob"},
	"sagemaker:createHyperParameterTuningJob": sageMakerJob("HyperParameterTuningJob"),
	"sagemaker:createLabelingJob":             sageMakerJob("LabelingJob"),
	"sagemaker:createProcessingJob":           sageMakerJob("ProcessingJob"),
	"sagemaker:createTrainingJob":             sageMakerJob("TrainingJob"),
	"sagemaker:createTransformJob":            sageMakerJob("TransformJob"),
}

var failedBuild = []string{"FAILED", "FAULT", "STOPPED", "TIMED_OUT"}

var buildBatch = &job{describe: "BatchGetBuildBatches", params: from("Ids=BuildBatch.Id[]"), subject: []string{"BuildBatches"}, as: "BuildBatch",
	status: []string{"BuildBatchStatus"}, good: []string{"SUCCEEDED"}, bad: failedBuild, stop: "StopBuildBatch", stopArgs: from("Id=BuildBatch.Id")}

// application is a job that waits for an EMR Serverless application to come to one of the states.
func application(states ...string) *job {
	j := &job{describe: "GetApplication", params: from("ApplicationId"), subject: []string{"Application"}, status: []string{"State"}, good: states}
	if states[0] != "TERMINATED" {
		j.bad = []string{"TERMINATED"}
	}
	return j
}

func serverlessRun(good, bad []string, stop string) *job {
	return &job{describe: "GetJobRun", params: from("ApplicationId", "JobRunId"), subject: []string{"JobRun"}, status: []string{"State"},
		good: good, bad: bad, stop: stop}
}

// sageMakerJob is a kind of SageMaker's jobs; their calls and members have its name.
func sageMakerJob(kind string) *job {
	return &job{describe: "Describe" + kind, params: from(kind + "Name"), status: []string{kind + "Status"},
		good: []string{"Completed"}, bad: []string{"Failed", "Stopped"}, stop: "Stop" + kind}
}
