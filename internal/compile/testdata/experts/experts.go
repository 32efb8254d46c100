// Package experts has workflows in Go, each beside the state machine that somebody who knows the Amazon States Language by heart
// writes for it. A test of package compile runs both: what is compiled must need no more states, and no more transitions on any way.
package experts

import (
	"errors"
	"time"

	"github.com/stride-aws/stride/flow"
)

func saga(c flow.Context, o Order) (string, error) {
	stock, err := flow.Call(c, Reserve, o)
	if err != nil {
		return "", err
	}
	flow.OnFailure(c, func(c flow.Context) error { _, err := flow.Call(c, Release, stock); return err })
	payment, err := flow.Call(c, Charge, o)
	if err != nil {
		return "", err
	}
	flow.OnFailure(c, func(c flow.Context) error { _, err := flow.Call(c, Refund, payment); return err })
	return flow.Call(c, Ship, o)
}

func approval(c flow.Context, o Order) (string, error) {
	answer, err := flow.Await(c, Ask, func(t flow.Token) Question { return Question{Order: o.ID, Token: t} }, flow.Timeout(72*time.Hour))
	if errors.Is(err, flow.ErrTimeout) {
		return "expired", nil
	}
	if err != nil {
		return "", err
	}
	if !answer.Approved {
		return "", flow.Fail("Rejected", "by "+answer.By)
	}
	return flow.Call(c, Charge, o)
}

func fanOut(c flow.Context, o Order) (int, error) {
	weights, err := flow.Map(c, o.Items, func(c flow.Context, item string) (int, error) {
		return flow.Call(c, Weigh, item)
	}, flow.MaxConcurrency(10))
	if err != nil {
		return 0, err
	}
	total := 0
	for _, w := range weights {
		total += w
	}
	return total, nil
}

func polling(c flow.Context, o Order) (string, error) {
	job, err := flow.Call(c, Begin, o)
	if err != nil {
		return "", err
	}
	for job.Left > 0 {
		flow.Sleep(c, 30*time.Second)
		if job, err = flow.Call(c, Check, job); err != nil {
			return "", err
		}
	}
	return job.ID, nil
}

func scatterGather(c flow.Context, o Order) (Quote, error) {
	var first, second, third Quote
	err := flow.Parallel(c,
		func(c flow.Context) (err error) { first, err = flow.Call(c, QuoteA, o); return err },
		func(c flow.Context) (err error) { second, err = flow.Call(c, QuoteB, o); return err },
		func(c flow.Context) (err error) { third, err = flow.Call(c, QuoteC, o); return err },
	)
	if err != nil {
		return Quote{}, err
	}
	best := first
	if second.Price < best.Price {
		best = second
	}
	if third.Price < best.Price {
		best = third
	}
	return best, nil
}

func retryLadder(c flow.Context, o Order) (string, error) {
	payment, err := flow.Call(c, Charge, o, flow.NoRetry(), flow.Retry{On: []error{Down{}}, MaxAttempts: 3, Interval: 2 * time.Second, FullJitter: true})
	var down Down
	if errors.As(err, &down) {
		return flow.Call(c, Reserve, o, flow.NoRetry(), flow.Retry{On: []error{Down{}}, MaxAttempts: 1, Interval: time.Minute, FullJitter: true})
	}
	return payment, err
}

func claimCheck(c flow.Context, o Order) (string, error) {
	key, err := flow.Call(c, Store, o)
	if err != nil {
		return "", err
	}
	digest, err := flow.Call(c, Digest, key)
	if err != nil {
		return "", err
	}
	return flow.Call(c, Archive, key+" "+digest)
}

func batch(c flow.Context, o Order) (int, error) {
	weights, err := flow.MapS3(c, flow.InBatches(flow.Items(o.Items), 2), func(c flow.Context, items []string) (int, error) {
		return flow.Call(c, WeighAll, items)
	}, flow.ExpressChildren(), flow.MaxConcurrency(100))
	return len(weights), err
}

func circuitBreaker(c flow.Context, o Order) (string, error) {
	state, err := flow.Call(c, State, o.ID)
	if err != nil {
		return "", err
	}
	if state == "OPEN" {
		return "", flow.Fail("CircuitOpen", "the carrier is down")
	}
	parcel, err := flow.Call(c, Ship, o)
	var down Down
	if errors.As(err, &down) {
		_, err := flow.Call(c, Notify, "open the circuit")
		return "later", err
	}
	return parcel, err
}

func escalation(c flow.Context, o Order) (string, error) {
	answer, err := flow.Await(c, Ask, func(t flow.Token) Question { return Question{o.ID, 1, t} }, flow.Timeout(time.Hour))
	if errors.Is(err, flow.ErrTimeout) {
		answer, err = flow.Await(c, Ask, func(t flow.Token) Question { return Question{o.ID, 2, t} }, flow.Timeout(24*time.Hour))
	}
	if err != nil {
		return "", err
	}
	if answer.Approved {
		return answer.By, nil
	}
	return "nobody", nil
}

func pagination(c flow.Context, o Order) (int, error) {
	cursor, count := "", 0
	for {
		page, err := flow.Call(c, List, cursor)
		if err != nil {
			return 0, err
		}
		count += len(page.Items)
		if page.Next == "" {
			return count, nil
		}
		cursor = page.Next
	}
}

func order(c flow.Context, o Order) (string, error) {
	stock, err := flow.Call(c, Reserve, o)
	var declined Declined
	if errors.As(err, &declined) {
		return "", flow.Fail("OutOfStock", "nothing left")
	}
	if err != nil {
		return "", err
	}
	flow.OnFailure(c, func(c flow.Context) error { _, err := flow.Call(c, Release, stock); return err })
	if o.Total > 1000 {
		answer, err := flow.Await(c, Ask, func(t flow.Token) Question { return Question{Order: o.ID, Token: t} }, flow.Timeout(72*time.Hour))
		if err != nil {
			return "", err
		}
		if !answer.Approved {
			return "", flow.Fail("Rejected", "said "+answer.By)
		}
	}
	flow.Sleep(c, 24*time.Hour)
	return flow.Call(c, Ship, o)
}

func nested(c flow.Context, o Order) (string, error) {
	parcel, err := flow.Run(c, claimCheck, o)
	if errors.Is(err, flow.ErrTaskFailed) {
		_, err = flow.Call(c, Notify, "failed "+o.ID)
		return "failed", err
	}
	return parcel, err
}
