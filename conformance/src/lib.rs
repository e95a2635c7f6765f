//! The judge: plays every provider's native API to a gateway, drives it as a client, judges both sides of the wire.
//!
//! A gateway is known here only as a process and a URL.
//!
//! # The suite as a test of your own
//!
//! A gateway written in Rust runs the suite as a `#[test]`: start the mocks, start the gateway so that it calls them instead of the
//! providers, say what it serves, and look at the report. `examples/in_a_test.rs` is a whole one, with its gateway.
//!
//! ```no_run
//! use conformance::gateway::{Profile, Route};
//! use conformance::{Options, Surface};
//!
//! # mod my_gateway { pub async fn serve(_base_url: &str, _key: &str) -> String { String::new() } }
//! #[tokio::test(flavor = "multi_thread")]
//! async fn my_gateway_speaks_anthropic() -> Result<(), conformance::Error> {
//!     let mocks = conformance::start_mocks().await?;
//!     let url = my_gateway::serve(&mocks.url("anthropic"), mocks.credentials().key("anthropic")).await;
//!
//!     let chat = Route::new(Surface::Chat, "anthropic", "/v1/chat/completions").with_model("fast", "claude-haiku-5");
//!     let profile = Profile::named("my-gateway")
//!         .with_route(chat)
//!         .with_feature("tools")
//!         .expecting("chat.usage.total", "usage is counted elsewhere");
//!     let report = conformance::run(Options::url(url, profile).with_mocks(&mocks).quick()).await?;
//!
//!     assert!(report.is_as_expected(), "{}", report.findings());
//!     Ok(())
//! }
//! ```
//!
//! A gateway that is a process of its own has a profile in a folder instead
//! ([`Profile::load`](gateway::Profile::load), and `conformance/gateways/README.md` on how it is written):
//! `conformance::run(Options::new(Profile::load("my-gateway/")?))` installs, starts, judges and stops it.
//!
//! # Layout
//!
//! | module | what |
//! |---|---|
//! | [`requirement`], [`scenario`] | what is asked: data |
//! | [`run`](mod@run) | mocks, gateway, every scenario in every cell |
//! | [`case`](mod@case), [`check`], [`meaning`], [`fold`] | evidence, and one pure function a requirement |
//! | [`report`] | the report, and a writer for each form of it |
//! | [`gateway`] | profiles, set-up, processes |
//! | [`record`] | real calls as scenarios and scripts |
//! | [`mutant`], [`selftest`] | broken gateways that the suite must catch |
//! | [`repro`], [`bench`] | one failure by hand; what a gateway costs |

pub mod baseline;
pub mod bench;
pub mod case;
mod catalogue;
pub mod cell;
pub mod check;
pub mod client;
pub mod dialect;
mod embedded;
mod error;
pub mod expected;
pub mod fold;
pub mod gateway;
pub mod meaning;
pub mod mutant;
mod places;
pub mod record;
mod redact;
pub mod report;
pub mod repro;
pub mod requirement;
pub mod run;
pub mod scenario;
pub mod selftest;
pub mod surface;
pub mod text;
pub mod traceability;

pub use catalogue::{explain, gateways, gateways_json, list, list_json};
pub use cell::{Cell, Mode};
pub use error::Error;
pub use report::model::Report;
pub use requirement::Level;
pub use run::{Arena, Options, Progress, rehearse, run, start_mocks, suite};
pub use surface::Surface;
