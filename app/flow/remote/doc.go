// Package remote joins the view-models of the console to the service of an authority, over a Unix socket.
//
// What lives here: flow.Service over a localapi.Client, how its values and errors are called in package flow, and reaching the
// service again when it is gone. What may not: decisions, texts, and the master secret, which stays with the service. Of what people
// type, passphrases and PINs pass through and are not kept; their sessions are the client's.
package remote
