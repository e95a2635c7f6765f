//! HTTP, with the socket in hand.
//!
//! Faults want single bytes, half frames, FIN and RST at a byte of choice, which no HTTP library gives. So
//! [HTTP/1.1](https://www.rfc-editor.org/rfc/rfc9112) is served here by a small loop of our own; HTTP/2 with prior
//! knowledge, or as TLS agrees on it, is hyper's, with faults as far as streams of it can show them.

mod body;
mod connection;
mod h1;
mod h2;
mod head;
mod listen;
mod proxy;
mod socket;
mod tls;
pub(crate) mod websocket;

pub(crate) use listen::{Door, Kind, bind, serve};
