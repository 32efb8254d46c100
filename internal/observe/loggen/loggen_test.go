package loggen

import (
	"net/http/httptest"
	"testing"

	"github.com/stride-aws/stride/internal/localaws"
)

func localAWS(t *testing.T) string {
	t.Helper()
	h, err := localaws.New(localaws.Options{Address: "127.0.0.1:0", AnyHost: true})
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(h)
	t.Cleanup(func() { server.CloseClientConnections(); server.Close(); h.Close() })
	return server.URL
}

func TestLocalAWS(t *testing.T) {
	runs := 1000
	if testing.Short() {
		runs = 50
	}
	Judge(t, localAWS(t), runs)
}

func TestLiveTail(t *testing.T) { JudgeLive(t, localAWS(t), 100) }
