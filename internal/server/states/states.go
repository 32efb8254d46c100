// Package states is the HTTP face of the local Step Functions: awsJson1.0, whose operations are those of local.Service.Call.
package states

import (
	"encoding/json"
	"net/http"

	"github.com/stride-aws/stride/internal/local"
	"github.com/stride-aws/stride/internal/server/wire"
)

// New answers for the Step Functions of a cloud.
func New(cloud *local.Cloud) wire.Service { return &service{cloud} }

type service struct{ cloud *local.Cloud }

// Serve implements wire.Service.
func (s *service) Serve(w http.ResponseWriter, c *wire.Call) {
	wire.Serve(w, c, func(c *wire.Call, body []byte) (any, error) {
		answer, err := s.cloud.Service(c.Account, c.Region).Call(c.HTTP.Context(), c.Operation, body)
		if err != nil {
			return nil, err
		}
		return json.RawMessage(answer), nil
	})
}
