package localapi

import "errors"

// The errors of this package, to be told apart with errors.Is on both sides. Those of the packages that do the work come through
// the socket as well: see [sentinels].
var (
	// ErrServed: a service has the socket already.
	ErrServed = errors.New("a service answers on this socket already: use that one, or stop it first")
	// ErrNoService: nobody answers, and no program was named that could.
	ErrNoService = errors.New("no service answers for this authority: start one with `marque authority serve`")
	// ErrChild: the service that was started died before it answered.
	ErrChild = errors.New("the service did not start")
	// ErrGone: the service ended in the middle of something.
	ErrGone = errors.New("the service is gone: open the authority again, and look at what was done before you repeat it")
	// ErrPeer: whoever is at the other end of the socket must not be trusted, or served.
	ErrPeer = errors.New("the other end of the socket belongs to another account: the service and its clients run under the same account, or the clients' is in the service's group")
	// ErrSignOn: the call takes somebody who is signed on.
	ErrSignOn = errors.New("nobody is signed on who may do this: sign on first")
	// ErrSession: the sessions of the client ended meanwhile.
	ErrSession = errors.New("the session has ended, because it was idle or the authority was locked: sign on again")
	// ErrManySessions: there are too many sessions.
	ErrManySessions = errors.New("too many sessions are open: sign somebody off first")
	// ErrTooManyTries: several clients try the same passphrase at once.
	ErrTooManyTries = errors.New("too many tries at once: wait for a few seconds, then try again")
	// ErrRequest: what came over the socket is no call of this version.
	ErrRequest = errors.New("the request makes no sense to this version of the service: update the older of the two programs")
	// ErrReply: what came back is no reply of this version.
	ErrReply = errors.New("the service's reply makes no sense to this version: update the older of the two programs")
	// ErrInternal: the service made a mistake. It is in its log.
	ErrInternal = errors.New("the service made a mistake, which stands in its log: lock the authority, and start the service again")
	// ErrSocket: the socket's place is taken by something else, or cannot be used.
	ErrSocket = errors.New("the socket cannot stand there: move away what has its name, or name another place with --socket")
	// ErrVerifying: the log is being verified for somebody else.
	ErrVerifying = errors.New("the log is being verified already: wait until that has ended, or stop it where it was begun")
	// ErrImport: the file that a founding names was not imported.
	ErrImport = errors.New("there is no imported backup of that name: import it first")
)
