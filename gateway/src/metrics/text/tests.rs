use super::*;

/// One family of each kind, with what labels may hold.
fn sample(format: Format) -> String {
    let mut text = Exposition::new(format);
    text.family("kong_ai_llm_requests_total", Kind::Counter, "AI requests \"total\"\nper \\provider");
    text.count(&[("ai_model", "a \"b\"\\\nc é"), ("consumer", "")], 3);
    text.family("kong_bandwidth_bytes", Kind::Counter, "Bytes");
    text.count(&[], 7);
    text.family("touchstone_wait_seconds", Kind::Histogram, "Time");
    text.histogram(&[("route", "chat")], &[0.005, 1.0, 250.0], &[1, 0, 2, 4], 1234.5);
    text.family("touchstone_build_info", Kind::Info, "Build");
    text.count(&[("version", "1")], 1);
    text.finish()
}

#[test]
fn text_is_written_as_prometheus_has_it() {
    assert_eq!(
        sample(Format::Text),
        r#"# HELP kong_ai_llm_requests_total AI requests "total"\nper \\provider
# TYPE kong_ai_llm_requests_total counter
kong_ai_llm_requests_total{ai_model="a \"b\"\\\nc é",consumer=""} 3
# HELP kong_bandwidth_bytes Bytes
# TYPE kong_bandwidth_bytes counter
kong_bandwidth_bytes 7
# HELP touchstone_wait_seconds Time
# TYPE touchstone_wait_seconds histogram
touchstone_wait_seconds_bucket{route="chat",le="0.005"} 1
touchstone_wait_seconds_bucket{route="chat",le="1"} 1
touchstone_wait_seconds_bucket{route="chat",le="250"} 3
touchstone_wait_seconds_bucket{route="chat",le="+Inf"} 7
touchstone_wait_seconds_sum{route="chat"} 1234.5
touchstone_wait_seconds_count{route="chat"} 7
# HELP touchstone_build_info Build
# TYPE touchstone_build_info gauge
touchstone_build_info{version="1"} 1
"#
    );
}

#[test]
fn openmetrics_is_written_as_its_standard_has_it() {
    assert_eq!(
        sample(Format::OpenMetrics),
        r#"# HELP kong_ai_llm_requests AI requests \"total\"\nper \\provider
# TYPE kong_ai_llm_requests counter
kong_ai_llm_requests_total{ai_model="a \"b\"\\\nc é",consumer=""} 3
# HELP kong_bandwidth_bytes Bytes
# TYPE kong_bandwidth_bytes counter
kong_bandwidth_bytes_total 7
# HELP touchstone_wait_seconds Time
# TYPE touchstone_wait_seconds histogram
# UNIT touchstone_wait_seconds seconds
touchstone_wait_seconds_bucket{route="chat",le="0.005"} 1
touchstone_wait_seconds_bucket{route="chat",le="1.0"} 1
touchstone_wait_seconds_bucket{route="chat",le="250.0"} 3
touchstone_wait_seconds_bucket{route="chat",le="+Inf"} 7
touchstone_wait_seconds_sum{route="chat"} 1234.5
touchstone_wait_seconds_count{route="chat"} 7
# HELP touchstone_build Build
# TYPE touchstone_build info
touchstone_build_info{version="1"} 1
# EOF
"#
    );
}

#[test]
fn a_scraper_gets_what_it_asks_for() {
    let prometheus = "application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.5,application/openmetrics-text;version=0.0.1;q=0.4,text/plain;version=0.0.4;q=0.2,*/*;q=0.1";
    for (accept, format) in [
        ("", Format::Text),
        ("*/*", Format::Text),
        ("text/plain", Format::Text),
        ("text/html, */*", Format::Text),
        ("application/openmetrics-text", Format::OpenMetrics),
        ("Application/OpenMetrics-Text; version=\"1.0.0\"", Format::OpenMetrics),
        ("application/openmetrics-text; version=2.0.0, text/plain; q=0.1", Format::Text),
        ("application/openmetrics-text; q=0.1, text/plain; q=0.9", Format::Text),
        ("application/openmetrics-text; q=0, */*", Format::Text),
        (prometheus, Format::OpenMetrics),
    ] {
        assert_eq!(Format::accepted(accept), format, "{accept}");
    }
}
