// Package localapi is the authority's API over a Unix socket: the service that owns an authority's folder and master secret, and
// the client that every other program uses.
//
// What lives here: the table of calls ([table]), what they take and give, the [Server] and the [Client], sessions of officers, and
// starting the service as a child. What may not: rules, which belong to package authority; custody, which belongs to package
// appliance; and anything that talks to people.
//
// The protocol is HTTP/1.1 with JSON on a Unix socket that only its owner, or the owner's group, can reach. Both sides look at who is
// at the other end (SO_PEERCRED) before a secret crosses.
package localapi
