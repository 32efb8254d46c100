package machine

import (
	"crypto/sha256"
	"encoding/binary"
	"math/rand/v2"

	"github.com/stride-aws/stride/internal/uuid"
)

// Seed gives the Env ids and random numbers that follow from seed, an execution's ARN for instance, as a run needs them that is
// to be replayed. Such an Env serves one run.
func (e *Env) Seed(seed string) {
	sum := sha256.Sum256([]byte(seed))
	random := rand.New(rand.NewPCG(binary.LittleEndian.Uint64(sum[:8]), binary.LittleEndian.Uint64(sum[8:16])))
	e.Random = random.Float64
	e.NewID = func() string { return uuid.From(random.Uint64(), random.Uint64()) }
	e.seeded = true
}
