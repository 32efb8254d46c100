package lint

import (
	"math"

	"github.com/stride-aws/stride/internal/asl"
	"github.com/stride-aws/stride/internal/value"
)

// field is a field that an object may have: in which query language ("": both), and what may stand in it.
type field struct {
	name     string
	language string
	check    check
}

// check looks at what stands at a pointer.
type check func(v *validator, pointer string, x value.Value)

// shape is a kind of object.
type shape struct {
	fields   []field
	required []string
	// oneOf are groups of fields of which exactly one has to stand there, atMostOne of which no two may.
	oneOf, atMostOne [][]string
}

func (s *shape) field(name string) *field {
	for i := range s.fields {
		if s.fields[i].name == name {
			return &s.fields[i]
		}
	}
	return nil
}

// AWS's bounds.
const (
	maxSeconds = 99_999_999 // of Wait and of all timeouts. AWS: "Maximum value is 99999999"
	maxDelay   = 31_622_400 // of MaxDelaySeconds. AWS developer guide, "Handling errors": one year and a day
	maxName    = 80         // characters of a state's name and of a variable's. AWS: quotas
	maxLabel   = 40         // characters of a Map's Label. AWS developer guide, "Distributed Map"
)

// The shapes stand in a function since checks refer to them and they to checks.
var (
	machineShape, branchShape, processorShape, configShape          shape
	stateShapes                                                     map[string]*shape
	retrierShape, catcherShape                                      shape
	readerShape, readerConfigShape, batcherShape                    shape
	writerShape, writerConfigShape, topRuleShape, topConditionShape shape
	stateTypes                                                      = []string{"Task", "Wait", "Pass", "Succeed", "Fail", "Choice", "Parallel", "Map"} // in AWS's order
)

func init() {
	machineShapes()
	stateShapes = map[string]*shape{
		"Task": taskShape(), "Pass": passShape(), "Wait": waitShape(), "Choice": choiceShape(), "Succeed": succeedShape(), "Fail": failShape(),
		"Parallel": parallelShape(), "Map": mapShape(),
	}
	handlerShapes()
	distributedShapes()
}

const (
	both = ""
	path = asl.JSONPath
	expr = asl.JSONata
)

func machineShapes() {
	base := []field{{"StartAt", both, text}, {"States", both, states}, {"Comment", both, text}}
	machineShape = shape{
		fields: append(base[:3:3], field{"QueryLanguage", both, enum("JSONPath", "JSONata")}, field{"Version", both, enum("1.0")},
			field{"TimeoutSeconds", both, integer(0, maxSeconds)}),
		required: []string{"StartAt", "States"},
	}
	branchShape = shape{fields: base, required: machineShape.required}
	processorShape = shape{fields: append(base[:3:3], field{"ProcessorConfig", both, object(&configShape)}), required: machineShape.required}
	configShape = shape{fields: []field{
		{"Mode", both, enum("INLINE", "DISTRIBUTED")}, {"ExecutionType", both, enum("STANDARD", "EXPRESS")},
	}}
}

// commonFields are every state's.
var commonFields = []field{{"Type", both, text}, {"Comment", both, text}, {"QueryLanguage", both, enum("JSONPath", "JSONata")}}

// flowFields are of states that go on to another.
var flowFields = []field{{"Next", both, text}, {"End", both, boolean}, {"Assign", both, assign}}

// dataFields are of states that pass their input on.
var dataFields = []field{{"InputPath", path, nullablePath}, {"OutputPath", path, nullablePath}, {"Output", expr, anyTemplate}}

// resultFields are of states that have a result of their own.
var resultFields = []field{{"ResultPath", path, resultPath}}

// handlerFields are of states that may fail.
var handlerFields = []field{
	{"Retry", both, list(object(&retrierShape), false)}, {"Catch", both, list(object(&catcherShape), false)},
	{"ResultSelector", path, template},
}

func join(groups ...[]field) []field {
	var all []field
	for _, g := range groups {
		all = append(all, g...)
	}
	return all
}

func taskShape() *shape {
	return &shape{
		fields: join(commonFields, flowFields, dataFields, resultFields, handlerFields, []field{
			{"Resource", both, resource}, {"Parameters", path, template}, {"Arguments", expr, objectTemplate},
			{"TimeoutSeconds", both, integer(1, maxSeconds)}, {"TimeoutSecondsPath", path, referencePath},
			{"HeartbeatSeconds", both, integer(1, maxSeconds)}, {"HeartbeatSecondsPath", path, referencePath},
			{"Credentials", both, credentials},
		}),
		required: []string{"Resource"}, oneOf: [][]string{{"Next", "End"}},
		atMostOne: [][]string{{"TimeoutSeconds", "TimeoutSecondsPath"}, {"HeartbeatSeconds", "HeartbeatSecondsPath"}},
	}
}

func passShape() *shape {
	return &shape{
		fields: join(commonFields, flowFields, dataFields, resultFields, []field{{"Parameters", path, template}, {"Result", path, anything}}),
		oneOf:  [][]string{{"Next", "End"}},
	}
}

func waitShape() *shape {
	return &shape{
		fields: join(commonFields, flowFields, dataFields, []field{
			{"Seconds", both, integer(0, maxSeconds)}, {"SecondsPath", path, referencePath},
			{"Timestamp", both, timestamp}, {"TimestampPath", path, referencePath},
		}),
		oneOf: [][]string{{"Next", "End"}, {"SecondsPath", "Seconds", "TimestampPath", "Timestamp"}},
	}
}

func choiceShape() *shape {
	return &shape{
		fields:   join(commonFields, dataFields, []field{{"Choices", both, list(rule, true)}, {"Default", both, text}, {"Assign", both, assign}}),
		required: []string{"Choices"},
	}
}

func succeedShape() *shape { return &shape{fields: join(commonFields, dataFields)} }

func failShape() *shape {
	return &shape{
		fields: join(commonFields, []field{
			{"Error", both, message}, {"Cause", both, message}, {"ErrorPath", path, stringPath}, {"CausePath", path, stringPath},
		}),
		atMostOne: [][]string{{"Error", "ErrorPath"}, {"Cause", "CausePath"}},
	}
}

func parallelShape() *shape {
	return &shape{
		fields: join(commonFields, flowFields, dataFields, resultFields, handlerFields, []field{
			{"Branches", both, list(object(&branchShape), true)}, {"Parameters", path, template}, {"Arguments", expr, objectTemplate},
		}),
		required: []string{"Branches"}, oneOf: [][]string{{"Next", "End"}},
	}
}

func mapShape() *shape {
	return &shape{
		fields: join(commonFields, flowFields, dataFields, resultFields, handlerFields, []field{
			{"ItemProcessor", both, object(&processorShape)}, {"Iterator", both, object(&processorShape)},
			{"Items", expr, anyTemplate}, {"ItemsPath", path, referencePath}, {"ItemSelector", both, selector}, {"Parameters", path, template},
			{"MaxConcurrency", both, integer(0, math.MaxInt32)}, {"MaxConcurrencyPath", path, referencePath},
			{"Label", both, label}, {"ItemReader", both, object(&readerShape)}, {"ItemBatcher", both, object(&batcherShape)},
			{"ResultWriter", both, object(&writerShape)},
			{"ToleratedFailureCount", both, integer(0, math.MaxInt32)}, {"ToleratedFailureCountPath", path, referencePath},
			{"ToleratedFailurePercentage", both, number(0, 100)}, {"ToleratedFailurePercentagePath", path, referencePath},
		}),
		oneOf: [][]string{{"Next", "End"}, {"ItemProcessor", "Iterator"}},
		atMostOne: [][]string{
			{"MaxConcurrency", "MaxConcurrencyPath"}, {"ToleratedFailureCount", "ToleratedFailureCountPath"},
			{"ToleratedFailurePercentage", "ToleratedFailurePercentagePath"}, {"ItemSelector", "Parameters"},
		},
	}
}

func handlerShapes() {
	retrierShape = shape{
		fields: []field{
			{"ErrorEquals", both, list(text, true)}, {"Comment", both, text}, {"IntervalSeconds", both, integer(0, maxSeconds)},
			{"MaxAttempts", both, integer(0, maxSeconds)}, {"BackoffRate", both, number(1, math.MaxFloat64)},
			{"MaxDelaySeconds", both, integer(1, maxDelay)}, {"JitterStrategy", both, enum("NONE", "FULL")},
		},
		required: []string{"ErrorEquals"},
	}
	catcherShape = shape{
		fields: []field{
			{"ErrorEquals", both, list(text, true)}, {"Comment", both, text}, {"Next", both, text}, {"ResultPath", path, resultPath},
			{"Assign", both, assign}, {"Output", expr, anyTemplate},
		},
		required: []string{"ErrorEquals", "Next"},
	}
	after := []field{{"Next", both, text}, {"Comment", both, text}, {"Assign", both, assign}}
	topRuleShape = shape{fields: after, required: []string{"Next"}}
	topConditionShape = shape{
		fields:   append(after[:3:3], field{"Condition", both, condition}, field{"Output", both, anyTemplate}),
		required: []string{"Condition", "Next"},
	}
}

func distributedShapes() {
	readerShape = shape{
		fields: []field{
			{"Resource", both, oneResource("s3:getObject", "s3:listObjectsV2")}, {"Parameters", path, template}, {"Arguments", expr, objectTemplate},
			{"ReaderConfig", both, object(&readerConfigShape)},
		},
		required: []string{"Resource"},
	}
	readerConfigShape = shape{
		fields: []field{
			{"InputType", both, namedEnum("InputType", "MANIFEST", "JSON", "CSV", "JSONL", "PARQUET")}, {"CSVHeaderLocation", both, enum("FIRST_ROW", "GIVEN")},
			{"CSVHeaders", both, list(text, true)}, {"CSVDelimiter", both, enum("COMMA", "PIPE", "SEMICOLON", "SPACE", "TAB")},
			{"MaxItems", both, integer(0, math.MaxInt32)}, {"MaxItemsPath", path, referencePath},
			{"ManifestType", both, enum("ATHENA_DATA", "S3_INVENTORY")}, {"Transformation", both, enum("NONE", "LOAD_AND_FLATTEN")},
			{"ItemsPointer", both, text},
		},
		atMostOne: [][]string{{"MaxItems", "MaxItemsPath"}},
	}
	batcherShape = shape{
		fields: []field{
			{"BatchInput", both, selector},
			{"MaxItemsPerBatch", both, integer(1, math.MaxInt32)}, {"MaxItemsPerBatchPath", path, referencePath},
			{"MaxInputBytesPerBatch", both, integer(1, 262_144)}, {"MaxInputBytesPerBatchPath", path, referencePath},
		},
		atMostOne: [][]string{{"MaxItemsPerBatch", "MaxItemsPerBatchPath"}, {"MaxInputBytesPerBatch", "MaxInputBytesPerBatchPath"}},
	}
	writerShape = shape{fields: []field{
		{"Resource", both, oneResource("s3:putObject")}, {"Parameters", path, template}, {"Arguments", expr, objectTemplate},
		{"WriterConfig", both, object(&writerConfigShape)},
	}}
	writerConfigShape = shape{
		fields: []field{
			{"Transformation", both, enum("NONE", "COMPACT", "FLATTEN")}, {"OutputType", both, enum("JSON", "JSONL")},
		},
		required: []string{"OutputType"},
	}
}
