package localapi

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"runtime/debug"
	"strconv"

	"marque/authority"
	"marque/storage"
)

// serve answers one call.
func (c call[In, Out]) serve(s *Server, w http.ResponseWriter, r *http.Request) {
	who, err := s.admit(w, r, c.who, c.rest)
	if err != nil {
		s.fail(w, err)
		return
	}
	in := new(In)
	defer wipe(in)
	if err := c.read(r, in); err != nil {
		s.fail(w, fmt.Errorf("%w: %w", ErrRequest, err))
		return
	}
	var out *Out
	err = s.safely(c.name, func() (err error) {
		out, err = c.run(s, who, in)
		return err
	})
	if err != nil {
		s.fail(w, err)
		return
	}
	defer wipe(out)
	s.reply(w, http.StatusOK, out)
}

// read reads the request.
func (c call[In, Out]) read(r *http.Request, in *In) error {
	if r.Header.Get("Content-Type") != jsonType {
		return errors.New("not of type " + jsonType)
	}
	limit := c.rest.limit
	if limit == 0 {
		limit = maxBody
	}
	body, err := readAll(r.Body, r.ContentLength, limit)
	if err != nil {
		return err
	}
	defer clear(body)
	return decode(body, in)
}

// safely turns a panic into ErrInternal. Neither the log nor the client gets to see its value, which might quote a secret.
func (s *Server) safely(name string, do func() error) (err error) {
	defer func() {
		if r := recover(); r != nil {
			s.log.Printf("%s: panic of type %T\n%s", name, r, debug.Stack())
			err = fmt.Errorf("%s: %w", name, ErrInternal)
		}
	}()
	return do()
}

// admit finds out who calls, and whether they may. The reply names the tokens that are good for nothing any more.
func (s *Server) admit(w http.ResponseWriter, r *http.Request, who access, p properties) (*caller, error) {
	from, ok := r.Context().Value(peerKey{}).(*peer)
	if !ok {
		return nil, ErrPeer
	}
	s.lockWhenIdle()
	c := &caller{peer: from, ctx: r.Context()}
	lost := false
	for _, token := range r.Header.Values(sessionHeader) {
		found := s.desk.find(token, from.uid)
		if found == nil {
			lost = true
			w.Header().Add(endedHeader, token)
			continue
		}
		c.sessions = append(c.sessions, found)
	}
	if err := s.allowed(c, who, p, lost); err != nil {
		return nil, err
	}
	if !p.quiet {
		s.desk.touch(c.sessions, s.o.Clock())
	}
	return c, nil
}

// allowed applies the access rule. lost says that the client believes in sessions that are no more.
func (s *Server) allowed(c *caller, who access, p properties, lost bool) error {
	a := s.authority()
	if a == nil && !p.founding {
		return authority.ErrNotFounded
	}
	if c.may(who) {
		return nil
	}
	switch {
	case lost && len(c.sessions) == 0:
		return ErrSession
	case len(c.sessions) > 0:
		return fmt.Errorf("%w: it takes a %s", authority.ErrWrongRole, who)
	case a != nil && a.Locked() && who != keeper && who != signedOn:
		return storage.ErrLocked
	default:
		return ErrSignOn
	}
}

// reply writes v as JSON.
func (s *Server) reply(w http.ResponseWriter, code int, v any) {
	b, err := json.Marshal(v)
	if err != nil {
		s.log.Printf("a reply of type %T: not encoded", v)
		s.fail(w, ErrInternal)
		return
	}
	defer clear(b)
	w.Header().Set("Content-Type", jsonType)
	w.Header().Set("Content-Length", strconv.Itoa(len(b)))
	w.WriteHeader(code)
	_, _ = bytes.NewReader(b).WriteTo(w) // a client that went away misses nothing
}

// fail writes an error.
func (s *Server) fail(w http.ResponseWriter, err error) {
	code := http.StatusConflict
	switch {
	case errors.Is(err, ErrRequest):
		code = http.StatusBadRequest
		w.Header().Set("Connection", "close") // what is left of the request is not read
	case errors.Is(err, ErrInternal):
		code = http.StatusInternalServerError
	case errors.Is(err, ErrSignOn), errors.Is(err, ErrSession), errors.Is(err, authority.ErrWrongRole), errors.Is(err, ErrPeer):
		code = http.StatusForbidden
	}
	s.reply(w, code, newProblem(err))
}
