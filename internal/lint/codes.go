package lint

// AWS's codes. API reference, ValidateStateMachineDefinitionDiagnostic; those of JSONata stand only in answers.
const (
	SchemaValidationFailed  = "SCHEMA_VALIDATION_FAILED"
	MissingTransitionTarget = "MISSING_TRANSITION_TARGET"
	MissingEndState         = "MISSING_END_STATE"
	DuplicateStateName      = "DUPLICATE_STATE_NAME"
	InvalidStateName        = "INVALID_STATE_NAME"
	DuplicateLabelName      = "DUPLICATE_LABEL_NAME"
	InvalidLabelName        = "INVALID_LABEL_NAME"
	InvalidJSONata          = "INVALID_JSONATA_EXPRESSION"
	NoDollar                = "NO_DOLLAR"
	NoPath                  = "NO_PATH"
	PassResultIsStatic      = "PASS_RESULT_IS_STATIC"
)
