// Package device is the library that vehicles and applications link: an enrolled identity that can talk to strangers.
//
// A device lives in a folder of its own. [Create] makes it with an enrolment request, which the authority answers with a package;
// [Device.Install] checks the package, every key of it, and takes it into use. From then on the address of a peer is all that is needed:
//
//   - [Device.Sign] and [Device.Verify]: broadcasts that any stranger verifies.
//   - [Device.Seal] and [Device.Open]: one sealed message, without a connection. Cold to an address never heard from; warm, which not even
//     the authority can read, to a peer of whom one signed message was verified.
//   - [Device.Dial], [Device.Listen], or [Device.Client] and [Device.Server] on any net.Conn: a [Session], which is a net.Conn.
//   - [Device.Apply]: the newest revocation list. Without one nobody is trusted; it is asked at every use, and live sessions end when it
//     revokes their peer.
//   - [Device.Rotate]: the next core of a realm whose master secret was compromised. Everything of the old one is refused from then on.
//
// A program opens its folder with [Load] once, keeps the [Device] while it runs, and closes it at the end: a device that was not closed
// does not know which messages it had accepted, and refuses those sent before its next start. A Device is safe for concurrent use.
//
// Errors wrap the sentinels of this package; branch on them with errors.Is.
//
// PROTOCOL.md in this folder is the specification. The mathematics are in package ibc, encodings in package wire, the coding of revocation
// lists in package revocation. What may not live here: anything of the authority, command lines, user interfaces.
package device
