package cost

// Prices in US dollars for us-east-1, without free tiers and discounts. Sources: aws.amazon.com/step-functions/pricing and
// aws.amazon.com/lambda/pricing, as of November 2026. Other regions cost up to half more.
const (
	PricesFrom = "us-east-1, November 2026"

	perTransition = 0.025 / 1000     // Standard
	perRequest    = 1.00 / 1_000_000 // Express
	perLambda     = 0.20 / 1_000_000 // one invocation
	perLambdaGBs  = 0.0000133334     // arm64, first 7.5 billion GB-seconds a month
	memoryChunk   = 64               // MB; Express bills memory in these
	durationChunk = 100_000_000      // ns; and time in these
)

// expressTiers are the prices of Express's memory and time, by the GB-seconds of a month.
var expressTiers = []struct {
	upTo, price float64 // GB-seconds, dollars for each
}{
	{1000 * 3600, 0.00001667},
	{5000 * 3600, 0.00000833},
	{1e300, 0.00000456},
}
