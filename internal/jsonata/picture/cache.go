package picture

import "sync"

// cached is how many pictures of a kind are kept analysed; programs have few.
const cached = 256

// cache keeps what analysing a picture gave. It starts afresh when it is full.
type cache[T any] struct {
	mu   sync.RWMutex
	kept map[string]T
}

func (c *cache[T]) get(picture string, analyse func(string) (T, error)) (T, error) {
	c.mu.RLock()
	x, ok := c.kept[picture]
	c.mu.RUnlock()
	if ok {
		return x, nil
	}
	x, err := analyse(picture)
	if err != nil {
		return x, err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.kept == nil || len(c.kept) >= cached {
		c.kept = map[string]T{}
	}
	c.kept[picture] = x
	return x, nil
}
