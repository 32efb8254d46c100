package cost

// Prices in US dollars, without free tiers and discounts. Sources: aws.amazon.com/step-functions/pricing and aws.amazon.com/lambda/pricing, as
// of November 2026. Transitions are priced by region; the rest is us-east-1's, which differs by a few percent elsewhere.
const (
	PricesFrom = "us-east-1, November 2026"

	perTransition = 0.025 / 1000     // Standard, where a region has no row below
	perRequest    = 1.00 / 1_000_000 // Express
	perLambda     = 0.20 / 1_000_000 // one invocation
	perLambdaGBs  = 0.0000133334     // arm64, first 7.5 billion GB-seconds a month
	memoryChunk   = 64               // MB; Express bills memory in these
	durationChunk = 100_000_000      // ns; and time in these
)

// perThousandTransitions are the regions where a transition costs more. AWS: step-functions/pricing, state transitions pricing table.
var perThousandTransitions = map[string]float64{
	"us-west-1": 0.0279, "sa-east-1": 0.0375, "us-gov-east-1": 0.03, "us-gov-west-1": 0.03, "eu-west-3": 0.0297,
	"ap-northeast-2": 0.0271, "ap-south-1": 0.0285,
}

// expressTiers are the prices of Express's memory and time, by the GB-seconds of a month.
var expressTiers = []struct {
	upTo, price float64 // GB-seconds, dollars for each
}{
	{1000 * 3600, 0.00001667},
	{5000 * 3600, 0.00000833},
	{1e300, 0.00000456},
}
