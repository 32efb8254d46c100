// Package lambda is the local AWS's Lambda service: the control plane of functions, versions and aliases over restJson1, and
// invocations, which package lambdahost runs. Package server's router hands it the requests signed for "lambda"; the local Step
// Functions calls Invoke directly. State is in memory and, with Keep, in a store.
package lambda

import (
	"net/http"
	"sync"
	"time"

	"github.com/stride-aws/stride/internal/lambdahost"
	iam "github.com/stride-aws/stride/internal/policy"
	"github.com/stride-aws/stride/internal/server/wire"
	"github.com/stride-aws/stride/internal/store"
)

// Options say what the service stands on. Only Host is needed.
type Options struct {
	Host *lambdahost.Host

	// InProcess gives handlers of this program for functions of that name, which then run without a process. nil: none.
	InProcess func(name string) *lambdahost.InProcess

	// Object reads code that is deployed through S3. nil: no bucket exists.
	Object func(account, bucket, key, version string) ([]byte, error)

	// CheckRole says why Lambda may not assume a role. nil: it may assume any.
	CheckRole func(account, roleARN string) error

	// Allows says why a role may not make a request; nil where it may. It is asked for what Lambda does as a function's role. nil:
	// everything is allowed.
	Allows func(roleARN string, r iam.Request) error

	// Environment is what a function's process gets beside its own variables: the local endpoint, its role's credentials. nil: nothing.
	Environment func(account, region, roleARN string) map[string]string

	// Settle is how long a function stays Pending after its creation and InProgress after an update.
	Settle time.Duration

	Now func() time.Time // nil: time.Now
}

// Service implements wire.Service.
type Service struct {
	wire.REST
	o    Options
	stop chan struct{}

	store *store.Store // see Keep

	mu        sync.Mutex
	functions map[place]map[string]*function
}

// place is where functions have their names.
type place struct{ account, region string }

// New makes the service; Close ends what it has left running.
func New(o Options) *Service {
	if o.Now == nil {
		o.Now = time.Now
	}
	s := &Service{o: o, stop: make(chan struct{}), functions: map[place]map[string]*function{}}
	s.routeFunctions()
	s.routeVersions()
	s.routeSettings()
	return s
}

// Close gives up the retries of asynchronous invocations. The Host is its maker's to close.
func (s *Service) Close() { close(s.stop) }

func (s *Service) routeFunctions() {
	const functions = "/2015-03-31/functions"
	s.Handle("CreateFunction", "POST "+functions, http.StatusCreated, s.filed(wire.Op(s.createFunction)))
	s.Handle("ListFunctions", "GET "+functions, http.StatusOK, s.listFunctions)
	const one = functions + "/{FunctionName}"
	s.Handle("GetFunction", "GET "+one, http.StatusOK, s.getFunction)
	s.Handle("DeleteFunction", "DELETE "+one, http.StatusNoContent, s.filed(s.deleteFunction))
	s.Handle("GetFunctionConfiguration", "GET "+one+"/configuration", http.StatusOK, s.getConfiguration)
	s.Handle("UpdateFunctionConfiguration", "PUT "+one+"/configuration", http.StatusOK, s.filed(wire.Op(s.updateConfiguration)))
	s.Handle("UpdateFunctionCode", "PUT "+one+"/code", http.StatusOK, s.filed(wire.Op(s.updateCode)))
	s.Handle("GetCode", "GET "+one+"/code.zip", http.StatusOK, s.downloadCode) // what GetFunction's Code.Location leads to
	s.Handle("Invoke", "POST "+one+"/invocations", http.StatusOK, s.serveInvoke)
}

func (s *Service) routeVersions() {
	const one = "/2015-03-31/functions/{FunctionName}"
	s.Handle("PublishVersion", "POST "+one+"/versions", http.StatusCreated, s.filed(wire.Op(s.publishVersion)))
	s.Handle("ListVersionsByFunction", "GET "+one+"/versions", http.StatusOK, s.listVersions)
	s.Handle("CreateAlias", "POST "+one+"/aliases", http.StatusCreated, s.filed(wire.Op(s.createAlias)))
	s.Handle("ListAliases", "GET "+one+"/aliases", http.StatusOK, s.listAliases)
	s.Handle("GetAlias", "GET "+one+"/aliases/{Name}", http.StatusOK, s.getAlias)
	s.Handle("UpdateAlias", "PUT "+one+"/aliases/{Name}", http.StatusOK, s.filed(wire.Op(s.updateAlias)))
	s.Handle("DeleteAlias", "DELETE "+one+"/aliases/{Name}", http.StatusNoContent, s.filed(s.deleteAlias))
}

func (s *Service) routeSettings() {
	const one = "/2015-03-31/functions/{FunctionName}"
	s.Handle("AddPermission", "POST "+one+"/policy", http.StatusCreated, s.filed(wire.Op(s.addPermission)))
	s.Handle("GetPolicy", "GET "+one+"/policy", http.StatusOK, s.getPolicy)
	s.Handle("RemovePermission", "DELETE "+one+"/policy/{StatementId}", http.StatusNoContent, s.filed(s.removePermission))
	s.Handle("PutFunctionConcurrency", "PUT /2017-10-31/functions/{FunctionName}/concurrency", http.StatusOK, s.filed(wire.Op(s.putConcurrency)))
	s.Handle("DeleteFunctionConcurrency", "DELETE /2017-10-31/functions/{FunctionName}/concurrency", http.StatusNoContent, s.filed(s.deleteConcurrency))
	s.Handle("GetFunctionConcurrency", "GET /2019-09-30/functions/{FunctionName}/concurrency", http.StatusOK, s.getConcurrency)
	s.Handle("TagResource", "POST /2017-03-31/tags/{ARN...}", http.StatusNoContent, s.filed(wire.Op(s.tag)))
	s.Handle("UntagResource", "DELETE /2017-03-31/tags/{ARN...}", http.StatusNoContent, s.filed(s.untag))
	s.Handle("ListTags", "GET /2017-03-31/tags/{ARN...}", http.StatusOK, s.listTags)
	s.Handle("GetAccountSettings", "GET /2016-08-19/account-settings", http.StatusOK, s.accountSettings)
}
