//! What is answered to whoever looks: the same on an address of its own and on the clients'.

use std::io::Write;

use bytes::Bytes;
use flate2::Compression;
use flate2::write::GzEncoder;
use http::{HeaderMap, HeaderValue, Method, Response, StatusCode, header};
use tokio::time::Instant;

use super::{Station, View, gauges, page};
use crate::metrics::{self, text::Format};

/// Bodies that are worth packing.
const PACKED: usize = 1 << 10;
/// Of a page that needs nothing from anywhere.
const ALONE: HeaderValue = HeaderValue::from_static(
    "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
);

/// A whole answer.
pub(crate) struct Answer {
    status: StatusCode,
    kind: HeaderValue,
    body: String,
}

impl Station {
    /// The answer to a request; `None`, if it is for nothing that stands here.
    pub(crate) fn answer(
        &self,
        method: &Method,
        path: &str,
        query: Option<&str>,
        headers: &HeaderMap,
    ) -> Option<Response<Bytes>> {
        let make: fn(&Self, Option<&str>, &HeaderMap) -> Answer = match path {
            "/metrics" => |station, _, headers| station.metrics(headers),
            "/status" => |station, query, _| station.page(query),
            "/status.json" => |station, _, _| station.json(),
            "/status/live" => |_, _, _| Answer::health(true),
            "/status/ready" => |station, _, _| Answer::health(!station.draining.is_cancelled()),
            _ => return None,
        };
        if !matches!(*method, Method::GET | Method::HEAD) {
            let mut refused = Response::new(Bytes::new());
            *refused.status_mut() = StatusCode::METHOD_NOT_ALLOWED;
            refused.headers_mut().insert(header::ALLOW, HeaderValue::from_static("GET, HEAD"));
            return Some(refused);
        }
        Some(make(self, query, headers).into_response(headers))
    }

    fn metrics(&self, headers: &HeaderMap) -> Answer {
        let accept: Vec<_> =
            headers.get_all(header::ACCEPT).iter().filter_map(|value| value.to_str().ok()).collect();
        let format = Format::accepted(&accept.join(","));
        let counted = self.loaded().commons.metrics.counted();
        Answer {
            status: StatusCode::OK,
            kind: HeaderValue::from_static(format.content_type()),
            body: metrics::write(&counted, &gauges::of(self), format),
        }
    }

    fn page(&self, query: Option<&str>) -> Answer {
        let refresh = query.and_then(|query| query.split('&').find_map(|pair| pair.strip_prefix("refresh=")));
        let refresh =
            refresh.and_then(|seconds| seconds.parse().ok()).filter(|seconds| (1..=3600).contains(seconds));
        Answer {
            status: StatusCode::OK,
            kind: HeaderValue::from_static("text/html; charset=utf-8"),
            body: page::render(&View::of(self, Instant::now()), refresh),
        }
    }

    fn json(&self) -> Answer {
        let view = View::of(self, Instant::now());
        let body = serde_json::to_string(&view).expect("names are strings, and numbers finite");
        Answer { status: StatusCode::OK, kind: JSON, body }
    }
}

const JSON: HeaderValue = HeaderValue::from_static("application/json");

impl Answer {
    /// Whether the gateway runs, or takes calls.
    pub(crate) fn health(well: bool) -> Self {
        let (status, body) = if well {
            (StatusCode::OK, r#"{"status":"ok"}"#)
        } else {
            (StatusCode::SERVICE_UNAVAILABLE, r#"{"status":"draining"}"#)
        };
        Self { status, kind: JSON, body: body.to_owned() }
    }

    /// There is nothing at a path.
    pub(crate) fn absent() -> Self {
        let body = r#"{"message":"Not found"}"#.to_owned();
        Self { status: StatusCode::NOT_FOUND, kind: JSON, body }
    }

    pub(crate) fn into_response(self, asked: &HeaderMap) -> Response<Bytes> {
        let packed = (self.body.len() >= PACKED && takes_gzip(asked)).then(|| pack(&self.body));
        let coded = packed.is_some();
        let mut response = Response::new(packed.unwrap_or_else(|| self.body.into()));
        *response.status_mut() = self.status;
        let headers = response.headers_mut();
        if coded {
            headers.insert(header::CONTENT_ENCODING, HeaderValue::from_static("gzip"));
        }
        headers.insert(header::VARY, HeaderValue::from_static("accept, accept-encoding"));
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
        if self.kind.as_bytes().starts_with(b"text/html") {
            headers.insert(header::CONTENT_SECURITY_POLICY, ALONE);
        }
        headers.insert(header::CONTENT_TYPE, self.kind);
        response
    }
}

fn takes_gzip(asked: &HeaderMap) -> bool {
    let fields = asked.get_all(header::ACCEPT_ENCODING).iter().filter_map(|value| value.to_str().ok());
    fields.flat_map(|field| field.split(',')).any(|coding| {
        let mut parts = coding.split(';').map(str::trim);
        let named = parts.next().is_some_and(|name| name.eq_ignore_ascii_case("gzip"));
        let refused = |weight: &str| weight.trim_start_matches("q=").parse() == Ok(0.0_f64);
        named && !parts.any(refused)
    })
}

fn pack(body: &str) -> Bytes {
    let mut packed = GzEncoder::new(Vec::new(), Compression::fast());
    packed.write_all(body.as_bytes()).expect("a vector takes every write");
    packed.finish().expect("a vector takes every write").into()
}
