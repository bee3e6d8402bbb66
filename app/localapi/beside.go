package localapi

import "slices"

// Beside signs an officer on for one thing: beside everybody who signed on through this client, for the calls of do through the client
// that it is given, and signs that officer off again, however do ends. Nobody else is signed off, and other calls of c are not made in
// that officer's name. An officer who is signed on already has a second session meanwhile, so that this shows that they are here.
//
// The passphrase stays with the caller, who clears it. Errors: those of [Client.SignOn], without do having been called, and those of do.
func (c *Client) Beside(in SignOn, do func(*Client) error) error {
	c.mu.Lock()
	beside := &Client{ctx: c.ctx, http: c.http, end: func() {}, core: c.core}
	all := slices.Clone(c.tokens)
	c.mu.Unlock()
	s, err := beside.SignOn(in)
	if err != nil {
		return err
	}
	defer func() {
		beside.forget("")
		beside.keep(s.Token)
		beside.leave()
	}()
	beside.forget("")
	beside.keep(append(all, s.Token)...) // who asks is named first
	return do(beside)
}
