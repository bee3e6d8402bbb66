// Package inspect explains revocation lists to people: full ones, changes, and lists in regions (device/PROTOCOL.md, section 8). It checks
// what each says of itself, compares several as a device that takes them one after the other would, and looks them up in the log. It holds no
// secret, trusts nobody, and decides nothing: devices verify lists by themselves.
package inspect
