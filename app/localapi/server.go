package localapi

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"sync"
	"time"

	"marque/app/appliance"
	"marque/app/ceremony"
	"marque/authority"
	"marque/hsm"
)

// ServerOptions say what a service serves, and how.
type ServerOptions struct {
	Dir    string   // the authority's folder, which need not exist yet; the folder above it must
	Socket string   // empty for the one that belongs to Dir: see [Socket]
	Group  int      // whose members may connect besides this account and root; 0 for none
	TPM    string   // a device, or the Unix socket of swtpm; empty for ceremony.DefaultTPM
	Cost   hsm.Cost // of a guess at a new PIN or passphrase; zero is hsm.DefaultCost
	Idle   time.Duration
	Clock  func() time.Time // required
	Log    io.Writer        // for mistakes of the service; never gets a secret; nil for nowhere

	Attached io.Reader // of a child: the service ends when this did and the last connection is gone; nil for one that stays
	Ready    io.Writer // of a child: gets a line once the service answers, or why it does not: see [Client]; nil for none

	Confined []string // for Status: see package confine
	Exposed  []string
	Version  string
}

// Server is the service: it owns the authority's folder and, while the authority is unlocked, its master secret.
type Server struct {
	o     ServerOptions
	place *place
	log   *log.Logger
	ended context.CancelFunc // asks Serve to end

	importing sync.Mutex           // one import at a time
	verifying sync.Mutex           // one verification of the log at a time
	mu        sync.RWMutex         // held for reading by every call, for writing by those that replace the appliance
	appliance *appliance.Appliance // nil while there is no authority

	desk    desk
	people  tries
	present presence
}

// New checks the options. Error: those of the socket's folder.
func New(o ServerOptions) (*Server, error) {
	dir, err := filepath.Abs(o.Dir)
	if err != nil {
		return nil, fmt.Errorf("serve: %w", err)
	}
	o.Dir, o.Idle, o.Log = dir, max(cmp.Or(o.Idle, DefaultIdle), minIdle), cmp.Or(o.Log, io.Discard)
	p, err := openPlace(dir, o.Socket)
	if err != nil {
		return nil, fmt.Errorf("serve: %w", err)
	}
	s := &Server{o: o, place: p, log: log.New(o.Log, "", log.LstdFlags|log.LUTC)}
	s.present.changed = make(chan struct{}, 1)
	s.people.busy = make(chan struct{}, maxStretch)
	s.ended = func() {}
	return s, nil
}

// Serve takes the socket, opens the authority if there is one, and answers until ctx is done, somebody calls Stop, or, attached,
// the last client is gone. It locks the authority before it returns. It is called once. Errors: [ErrServed], [ErrSocket], and those
// of appliance.Open but authority.ErrNotFounded. With ServerOptions.Ready the parent hears of them, too.
func (s *Server) Serve(ctx context.Context) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	s.ended = cancel
	group := -1
	if s.o.Group > 0 {
		group = s.o.Group
	}
	l, err := s.place.listen(ctx, group)
	if err != nil {
		return errors.Join(s.tell(fmt.Errorf("serve: %w", err)), s.place.close())
	}
	if err := s.open(); err != nil {
		return errors.Join(s.tell(fmt.Errorf("serve: %w", err)), s.place.remove(l), s.place.close())
	}
	if err := s.dropImported(); err != nil { // that of a service that was killed
		s.log.Printf("serve: %v", err)
	}
	err = s.answer(ctx, l)
	return errors.Join(err, s.dropImported(), s.close(), s.place.remove(l), s.place.close()) // who finds no socket finds the folder free
}

// open opens the authority, if there is one.
func (s *Server) open() error {
	a, err := appliance.Open(s.o.Dir, s.options())
	if errors.Is(err, authority.ErrNotFounded) || errors.Is(err, appliance.ErrInterrupted) {
		return nil
	}
	s.appliance = a
	return err
}

func (s *Server) options() appliance.Options {
	return appliance.Options{Clock: s.o.Clock, TPM: cmp.Or(s.o.TPM, ceremony.DefaultTPM), Cost: s.o.Cost}
}

// close locks and lets go.
func (s *Server) close() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.desk.clear()
	a := s.appliance
	if s.appliance = nil; a == nil {
		return nil
	}
	return a.Close()
}

// answer serves calls until ctx is done, and completes those under way.
func (s *Server) answer(ctx context.Context, l *net.UnixListener) error {
	server := &http.Server{
		Handler: s.handler(), ErrorLog: log.New(io.Discard, "", 0), // what net/http logs may quote what came
		ReadHeaderTimeout: headerWait, ReadTimeout: bodyWait, WriteTimeout: replyWait, IdleTimeout: -1, MaxHeaderBytes: maxHeader,
		ConnContext: func(ctx context.Context, c net.Conn) context.Context {
			if known, ok := c.(*conn); ok {
				return context.WithValue(ctx, peerKey{}, known.peer)
			}
			return ctx
		},
		ConnState: s.present.note,
	}
	server.DisableGeneralOptionsHandler = true
	served := make(chan error, 1)
	go func() {
		served <- server.Serve(&listener{UnixListener: l, serves: s.serves, open: make(map[uint32]int)})
	}()
	go s.watchIdle(ctx)
	go s.watchParent(ctx)
	if err := s.tell(nil); err != nil {
		s.ended()
	}
	var err error
	select {
	case err = <-served:
	case <-ctx.Done():
	}
	stopping, cancel := context.WithTimeout(context.WithoutCancel(ctx), stopWait)
	defer cancel()
	if server.Shutdown(stopping) != nil {
		err = errors.Join(err, server.Close())
	}
	return err
}

// serves says whose connections are accepted. Those in the socket's group the system let through by its mode.
func (s *Server) serves(p *peer) bool {
	return p.uid == uint32(os.Geteuid()) || p.uid == 0 || s.o.Group > 0 && p.in(uint32(s.o.Group))
}

type peerKey struct{}

// handler is the table.
func (s *Server) handler() http.Handler {
	mux := http.NewServeMux()
	for _, r := range table {
		mux.HandleFunc("POST "+r.path(), func(w http.ResponseWriter, request *http.Request) {
			w.Header().Set("Cache-Control", "no-store")
			r.serve(s, w, request)
		})
	}
	mux.HandleFunc("/", func(w http.ResponseWriter, _ *http.Request) { s.fail(w, ErrRequest) })
	return mux
}
