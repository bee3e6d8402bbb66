package onem2m

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"io"
	"math"
	"strconv"
	"strings"
)

// Operations and status codes of TS-0004.
const (
	opCreate   = 1
	opRetrieve = 2

	typeInstance = 4 // of resources
	discovery    = 1 // filter usage

	statusNotFound  = 4004
	statusDenied    = 4103
	statusDeniedOld = 4105
)

// contentInfo says what is in con: octets, as Base64.
const contentInfo = "application/octet-stream:2"

// request is a request primitive.
type request struct {
	op       int
	to, id   string
	content  string // of a contentInstance to create
	discover bool   // asks for the names of contentInstances below
}

// instanceBody is the JSON of a contentInstance to create.
func (q *request) body() map[string]any {
	return map[string]any{"m2m:cin": map[string]any{"cnf": contentInfo, "con": q.content}}
}

// primitive is the JSON of the whole request, for bindings without headers.
func (q *request) primitive(originator, release string) ([]byte, error) {
	p := map[string]any{"op": q.op, "to": q.to, "fr": originator, "rqi": q.id, "rvi": release}
	if q.op == opCreate {
		p["ty"], p["pc"] = typeInstance, q.body()
	}
	if q.discover {
		p["fc"] = map[string]any{"fu": discovery, "ty": []int{typeInstance}, "lim": MaxList}
	}
	return json.Marshal(p)
}

// answer is a response primitive.
type answer struct {
	status  int
	id      string         // of the request; empty if the CSE did not repeat it
	content map[string]any // nil if there is none
}

// parsePrimitive reads a whole response.
func parsePrimitive(b []byte) (*answer, error) {
	p, err := object(b)
	if err != nil {
		return nil, err
	}
	if inner := member(p, "rsp"); inner != nil {
		p = inner
	}
	status, ok := number(field(p, "rsc"))
	if !ok {
		return nil, ErrAnswer
	}
	return &answer{status: status, id: text(field(p, "rqi")), content: member(p, "pc")}, nil
}

// object reads one JSON object, numbers as they are written.
func object(b []byte) (map[string]any, error) {
	if len(b) > maxAnswer {
		return nil, ErrAnswer
	}
	d := json.NewDecoder(bytes.NewReader(b))
	d.UseNumber()
	var m map[string]any
	if err := d.Decode(&m); err != nil || m == nil {
		return nil, ErrAnswer
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return nil, ErrAnswer
	}
	return m, nil
}

// field returns a member by its short name; some CSEs write the namespace before it.
func field(m map[string]any, name string) any {
	if v, ok := m["m2m:"+name]; ok {
		return v
	}
	return m[name]
}

// member is field where an object is wanted, nil if it is something else.
func member(m map[string]any, name string) map[string]any {
	o, _ := field(m, name).(map[string]any)
	return o
}

// text reads a text, which some CSEs write as a number if it looks like one.
func text(v any) string {
	switch v := v.(type) {
	case string:
		return v
	case json.Number:
		return v.String()
	}
	return ""
}

// number reads an integer below 10,000, however it is written: 2001, 2001.0, 2.001e3, "2001".
func number(v any) (int, bool) {
	f, err := strconv.ParseFloat(strings.TrimSpace(text(v)), 64)
	if err != nil || f != math.Trunc(f) || f < 0 || f >= 10_000 {
		return 0, false
	}
	return int(f), true
}

// name returns what identifies an instance, if it can be printed and asked for again.
func name(i map[string]any) string {
	for _, key := range []string{"ri", "rn"} {
		if id := text(field(i, key)); validID(id) {
			return id
		}
	}
	return ""
}

// instance reads a contentInstance.
func instance(content map[string]any) (*Instance, error) {
	i := member(content, "cin")
	if i == nil {
		return nil, ErrAnswer
	}
	con, ok := field(i, "con").(string)
	if !ok {
		return nil, ErrAnswer
	}
	con = strings.TrimRight(strings.Map(standard, con), "=")
	message, err := base64.RawStdEncoding.DecodeString(con)
	if err != nil || len(message) > MaxMessage {
		return nil, ErrAnswer
	}
	return &Instance{ID: name(i), Message: message}, nil
}

// standard makes one alphabet of both that Base64 has, and takes white space out.
func standard(r rune) rune {
	switch r {
	case '-':
		return '+'
	case '_':
		return '/'
	case ' ', '\t', '\r', '\n':
		return -1
	}
	return r
}

// list reads the identifiers of a discovery: an array, or one text with spaces between. What is no identifier is left out.
func (t *target) list(content map[string]any) (ids []string) {
	var all []string
	switch v := field(content, "uril").(type) {
	case string:
		all = strings.Fields(v)
	case []any:
		for _, entry := range v {
			all = append(all, text(entry))
		}
	}
	seen := map[string]bool{}
	for _, id := range all {
		if !strings.HasPrefix(id, "/") {
			id = t.root + id
		}
		if validID(id) && !seen[id] && len(ids) < MaxList {
			seen[id] = true
			ids = append(ids, id)
		}
	}
	return ids
}
