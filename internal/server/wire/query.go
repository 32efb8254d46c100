package wire

import (
	"bytes"
	"encoding/xml"
	"fmt"
	"net/http"
	"net/url"
	"sort"
	"strconv"
	"strings"
)

// Query is a service of the protocol awsQuery, whose answers are XML.
type Query struct {
	Namespace  string // of the answers: "https://iam.amazonaws.com/doc/2010-05-08/"
	Operations map[string]QueryOperation
}

// QueryOperation answers one call; nil is an answer without a result. An answer is anything that encoding/xml writes: its
// fields are the result's members, lists in `xml:"Roles>member"`.
type QueryOperation func(c *Call, in url.Values) (any, error)

// Serve implements Service.
func (q *Query) Serve(w http.ResponseWriter, c *Call) {
	in, err := readForm(c.HTTP)
	if err != nil {
		q.fail(w, Errorf("MalformedQueryString", "reading the parameters: %s", err))
		return
	}
	c.Operation = in.Get("Action")
	op := q.Operations[c.Operation]
	if op == nil {
		q.fail(w, Errorf("InvalidAction", "%s has no operation %q here", c.Service, c.Operation))
		return
	}
	err = c.Authorized()
	var out any
	if err == nil {
		out, err = op(c, in)
	}
	if err == nil {
		err = q.answer(w, c.Operation, out)
	}
	if err != nil {
		q.fail(w, asError(err))
	}
}

func (q *Query) answer(w http.ResponseWriter, operation string, out any) error {
	var b bytes.Buffer
	fmt.Fprintf(&b, `<%sResponse xmlns="%s">`, operation, q.Namespace)
	if out != nil {
		start := xml.StartElement{Name: xml.Name{Local: operation + "Result"}}
		if err := xml.NewEncoder(&b).EncodeElement(out, start); err != nil {
			return fmt.Errorf("writing the answer: %w", err)
		}
	}
	fmt.Fprintf(&b, `<ResponseMetadata><RequestId>%s</RequestId></ResponseMetadata></%sResponse>`, NewRequestID(), operation)
	writeRaw(w, "text/xml", http.StatusOK, b.Bytes())
	return nil
}

func (q *Query) fail(w http.ResponseWriter, e *Error) {
	var text bytes.Buffer
	xml.EscapeText(&text, []byte(e.Message))
	body := fmt.Appendf(nil, `<ErrorResponse xmlns="%s"><Error><Type>Sender</Type><Code>%s</Code><Message>%s</Message></Error><RequestId>%s</RequestId></ErrorResponse>`,
		q.Namespace, e.Code, text.Bytes(), NewRequestID())
	writeRaw(w, "text/xml", e.status(), body)
}

// Members is the list that the query protocol spreads over name.member.1, name.member.2 and so on.
func Members(in url.Values, name string) []string {
	var list []string
	for i := 1; ; i++ {
		key := name + ".member." + strconv.Itoa(i)
		if !in.Has(key) {
			return list
		}
		list = append(list, in.Get(key))
	}
}

// Structs is the list of structures at name.member.1.Field and so on, each with its fields.
func Structs(in url.Values, name string) []url.Values {
	byIndex := map[int]url.Values{}
	prefix := name + ".member."
	for key, values := range in {
		rest, ok := strings.CutPrefix(key, prefix)
		index, field, _ := strings.Cut(rest, ".")
		n, err := strconv.Atoi(index)
		if !ok || err != nil {
			continue
		}
		if byIndex[n] == nil {
			byIndex[n] = url.Values{}
		}
		byIndex[n][field] = values
	}
	order := make([]int, 0, len(byIndex))
	for n := range byIndex {
		order = append(order, n)
	}
	sort.Ints(order)
	list := make([]url.Values, len(order))
	for i, n := range order {
		list[i] = byIndex[n]
	}
	return list
}
