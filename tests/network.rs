//! The client on a bad network: every request against every failure, and what is sent again and what never is.

use std::{
    path::PathBuf,
    sync::{Arc, Mutex, OnceLock, mpsc},
    time::{Duration, Instant},
};

use crate::support::faulty::{Fault, Faulty, Received, answer};
use jeton::{
    api::{self, ApiError, Endpoint, Probed, Timeouts, TransportError, retry::Policy, transport_error::TlsError},
    sandbox::{Demo, Options, Sandbox},
    secret::Secret,
    token::{Draft, Patch, Token, TokenId},
    work::{Order, Reply, Report, Request, RequestId, WorkError, journal::Records},
};
use tokio::task::LocalSet;

/// `{"u":"ada","a":"cmf000000000000000000fake"}`, with a made-up signature.
const TOKEN: &str = "sk.eyJ1IjoiYWRhIiwiYSI6ImNtZjAwMDAwMDAwMDAwMDAwMDAwMGZha2UifQ.fakefakefakefakefakefa";

/// The value in the answers to creates.
const MADE: &str = "sk.eyJ1IjoiYWRhIiwiYSI6ImNtZjAwMDAwMDAwMDAwMDAwMDAwMG1hZGUifQ.mademademademademadema";

/// The value in the answers to creates of temporary tokens.
const TEMPORARY: &str = "tk.eyJ1IjoiYWRhIiwiZXhwIjoxNzY3MjI1NjAwfQ.mademademademademadema";

/// A new default token.
const DEFAULT: &str = r#"{"id":"cmf000000000000000000item","usage":"pk","default":true,"token":"pk.eyJ1IjoiYWRhIiwiYSI6ImNtZjAwMDAwMDAwMDAwMDAwMDAwMGl0ZW0ifQ.mademademademademadema"}"#;

/// A token in a list.
const METADATA: &str =
    r#"{"id":"cmf000000000000000000item","usage":"sk","client":"api","note":"Old","scopes":["styles:read"]}"#;

/// How long anything may take. Only a test that fails waits for it.
const DEADLINE: Duration = Duration::from_secs(60);

fn timeouts() -> Timeouts {
    let short = Duration::from_millis(2);
    Timeouts {
        connect: Duration::from_secs(3),
        total: Duration::from_millis(400),
        whole: DEADLINE,
        retry: Policy { tries: 6, tries_to_connect: 3, first: short, longest: short },
    }
}

fn endpoint(url: &str) -> Endpoint {
    Endpoint::new(url, "ada", Secret::new(TOKEN)).expect("a valid address").with_timeouts(timeouts())
}

fn create(draft: Draft) -> Request {
    Request::Create { draft, even_if_unfinished: false }
}

/// Everything that can be asked.
fn requests() -> Vec<Request> {
    let id = TokenId::from("cmf000000000000000000item");
    vec![
        Request::List,
        Request::Scopes,
        create(Draft { note: "New".into(), scopes: vec!["uploads:write".into()], allowed_urls: Vec::new() }),
        Request::Update { id: id.clone(), patch: renamed() },
        Request::Temporary { scopes: vec!["styles:read".into()], lifetime: jiff::SignedDuration::from_mins(30) },
        Request::Delete(id.clone()),
        Request::RefreshDefault,
        Request::Verify(Secret::new(MADE)),
        Request::Usage(id),
        Request::Probe { value: Secret::new(MADE), referer: "https://example.com/map".into() },
    ]
}

fn renamed() -> Patch {
    serde_json::from_str(r#"{"note":"New"}"#).expect("a patch")
}

/// The good answer to each of them.
fn good(seen: &Received) -> Vec<u8> {
    let body = match (seen.method.as_str(), seen.target.as_str()) {
        ("POST", target) if target.contains("/sandbox/") => DEFAULT.to_owned(),
        ("POST", _) if seen.body.contains("expires") => format!(r#"{{"token":"{TEMPORARY}"}}"#),
        ("POST", _) => format!(
            r#"{{"id":"cmf000000000000000000made","usage":"sk","client":"api","note":"New","scopes":["uploads:write"],"token":"{MADE}"}}"#
        ),
        ("PATCH", _) => METADATA.replace("Old", "New"),
        ("DELETE", _) => return b"HTTP/1.1 204 No Content\r\nconnection: close\r\n\r\n".to_vec(),
        (_, target) if target.starts_with("/scopes/") => r#"[{"id":"scopes:list","description":"List."}]"#.to_owned(),
        (_, target) if target.starts_with("/statistics/") => {
            r#"{"data":{"period":{"start":"2026-01-01","end":"2026-01-02"},"products":{}}}"#.to_owned()
        }
        (_, target) if target.starts_with("/styles/") => "tile".to_owned(),
        (_, target) if target.starts_with("/tokens/v2?") => r#"{"code":"TokenValid"}"#.to_owned(),
        _ => format!("[{METADATA}]"),
    };
    answer(200, &[], &body)
}

/// Where everything that the libraries and we log goes.
fn log() -> &'static PathBuf {
    static LOG: OnceLock<PathBuf> = OnceLock::new();
    LOG.get_or_init(|| {
        let path = tempfile::tempdir().expect("a directory").keep().join("log");
        jeton::os::log::start(&path, log::LevelFilter::Trace).expect("the log starts");
        path
    })
}

fn assert_no_token(text: &str) {
    for piece in [TOKEN, MADE, "eyJ1IjoiYWRh", "fakefakefakefakefakefa", "mademademademademadema"] {
        assert!(!text.contains(piece), "{piece} is in {text}");
    }
}

/// A place for the records of creates that no other test uses.
fn records() -> Records {
    Records::within(&tempfile::tempdir().expect("a directory").keep())
}

/// What went wrong first: a create, which first looks at the account, wraps it.
fn cause(error: &WorkError) -> &ApiError {
    match error {
        WorkError::Api(cause) | WorkError::Unclear { cause, .. } | WorkError::NotSent(cause) => cause,
        error => panic!("no request failed: {error}"),
    }
}

/// The log of everything so far, at the level of every detail.
fn assert_the_log_is_clean() {
    let text = std::fs::read_to_string(log()).expect("it is there");
    assert!(text.contains("/tokens/v2/ada") && text.contains(" TRACE "), "there is something in it");
    assert_no_token(&text);
}

/// Runs one request through the client task and gives back all its reports; nothing said on the way may contain a token.
fn run(endpoint: Endpoint, request: Request) -> (Vec<Report>, Result<Reply, WorkError>) {
    log();
    let (report, reports) = mpsc::channel();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    LocalSet::new().block_on(&runtime, async {
        let (orders, incoming) = tokio::sync::mpsc::unbounded_channel();
        orders.send(Order::Call(RequestId(1), request)).expect("open");
        // The end of the orders would cancel what is on its way, so they end with the completion.
        let ends = Arc::new(Mutex::new((report, Some(orders))));
        let tell = move |it| {
            let mut ends = ends.lock().expect("no thread broke");
            if matches!(it, Report::Done(_)) {
                ends.1 = None;
            }
            ends.0.send(it).expect("open");
        };
        tokio::time::timeout(DEADLINE, jeton::work::task::run(endpoint, records(), incoming, tell))
            .await
            .expect("it ends");
    });
    let reports: Vec<Report> = reports.into_iter().collect();
    let result = match reports.last() {
        Some(Report::Done(completion)) => completion.result.clone(),
        other => panic!("the last report is {other:?}"),
    };
    assert_eq!(reports.iter().filter(|it| matches!(it, Report::Done(_))).count(), 1);
    assert_no_token(&format!("{reports:?}"));
    if let Err(error) = &result {
        assert_no_token(&format!("{error} {error:?} {error:#?} {}", error.next()));
        assert!(!error.next().is_empty());
    }
    (reports, result)
}

fn attempts(reports: &[Report]) -> usize {
    reports.iter().filter(|it| matches!(it, Report::Call(..))).count()
}

fn is_mutation_by_post(request: &Request) -> bool {
    matches!(request, Request::Create { .. } | Request::Temporary { .. } | Request::RefreshDefault)
}

/// A create looks at the account first, a temporary token at the server's clock.
fn looks_first(request: &Request) -> bool {
    matches!(request, Request::Create { .. } | Request::Temporary { .. })
}

/// A server with one fault, whatever is asked: what came of each request, and how many arrived.
fn each_request_against(fault: &Fault, mut judge: impl FnMut(&Request, &Result<Reply, WorkError>, &Faulty)) {
    for request in requests() {
        let fault = fault.clone();
        let server = Faulty::start(move |_, _| fault.clone());
        let (_, result) = run(endpoint(&server.url), request.clone());
        if is_mutation_by_post(&request) {
            assert!(server.count("POST") <= 1, "{request:?} was sent {} times", server.count("POST"));
        }
        judge(&request, &result, &server);
    }
    assert_the_log_is_clean();
}

#[test]
fn a_good_server_answers_everything_at_once() {
    for request in requests() {
        let server = Faulty::start(|_, seen| Fault::Bytes(good(seen)));
        let (reports, result) = run(endpoint(&server.url), request.clone());
        assert!(result.is_ok(), "{request:?}: {result:?}");
        let expected = if looks_first(&request) { 2 } else { 1 };
        assert_eq!((attempts(&reports), server.seen().len()), (expected, expected), "{request:?}");
        let seen = &server.seen()[0];
        assert_eq!(seen.target.matches("access_token=").count(), 1, "{seen:?}");
        let referer = seen.head.to_ascii_lowercase().contains("\r\nreferer:");
        assert_eq!(referer, matches!(request, Request::Probe { .. }), "{seen:?}");
    }
}

#[test]
fn a_value_of_another_kind_or_account_and_an_answer_about_another_token_are_no_success() {
    const OF_BOB: &str = "tk.eyJ1IjoiYm9iIiwiZXhwIjoxNzY3MjI1NjAwfQ.mademademademademadema";
    let bodies = [
        (4, format!(r#"{{"token":"{MADE}"}}"#)),
        (4, format!(r#"{{"token":"{OF_BOB}"}}"#)),
        (4, r#"{"token":"tk.fake.fake"}"#.to_owned()),
        (6, METADATA.to_owned()),
        (6, DEFAULT.replace(r#""default":true"#, r#""default":false"#)),
        (6, DEFAULT.replace("item\"", "other\"")),
        (3, METADATA.replace("item", "other")),
    ];
    for (at, body) in bodies {
        let bytes = answer(200, &[], &body);
        let server = Faulty::start(move |_, seen| match seen.method.as_str() {
            "GET" => Fault::Bytes(answer(200, &[], "[]")),
            _ => Fault::Bytes(bytes.clone()),
        });
        let request = requests().remove(at);
        let (_, result) = run(endpoint(&server.url), request.clone());
        assert!(matches!(result, Err(WorkError::Api(ApiError::Unreadable(_)))), "{request:?} {body}: {result:?}");
    }
}

#[test]
fn every_refusal_is_explained_and_never_repeats_the_token() {
    for status in [400, 401, 403, 404, 405, 409, 410, 413, 422, 451] {
        let body = format!(r#"{{"message":"no: {TOKEN} and access_token={MADE} and {MADE}"}}"#);
        each_request_against(&Fault::Bytes(answer(status, &[], &body)), |request, result, server| {
            // A list is asked for once more, in smaller pages, where the size of the page may be what was refused.
            let expected = if matches!(request, Request::List) && ![401, 403].contains(&status) { 2 } else { 1 };
            // A change is looked at where the refusal is not one that is documented.
            let may_look = looks_first(request) || matches!(request, Request::Update { .. });
            assert!(server.seen().len() == expected || may_look, "{request:?}");
            if !matches!(request, Request::Probe { .. }) {
                assert!(result.is_err(), "{request:?}: {result:?}");
            }
        });
    }
}

#[test]
fn documented_refusals_mean_what_they_mean() {
    let run = |status, message: &str, request| {
        let bytes = answer(status, &[], &format!(r#"{{"message":"{message}"}}"#));
        let server = Faulty::start(move |_, _| Fault::Bytes(bytes.clone()));
        run(endpoint(&server.url), request).1.expect_err("it was refused")
    };
    let missing = run(404, "Not Found", Request::List);
    assert!(missing.next().contains("tokens:read"), "{missing} {}", missing.next());
    assert_eq!(
        run(404, "No such user", Request::List),
        WorkError::Api(ApiError::NoSuchUser { username: "ada".into() })
    );
    assert_eq!(run(404, "Not Found", Request::Delete(TokenId::from("x"))), WorkError::Api(ApiError::Gone));
    let forbidden = run(403, "This API requires a token with scopes:list scope.", Request::Scopes);
    assert!(forbidden.next().contains("scopes:list"), "{}", forbidden.next());
    let draft = Draft { scopes: vec!["uploads:write".into()], ..Draft::default() };
    assert_eq!(run(422, "scopes are invalid", create(draft)).field(), Some(api::error::Field::Scopes));
}

#[test]
fn a_server_in_trouble_is_asked_again_but_never_to_make_something() {
    for status in [500, 502, 503, 504] {
        let body = format!("<html>{TOKEN}</html>");
        each_request_against(&Fault::Bytes(answer(status, &[], &body)), |request, result, server| {
            let sent = server.seen().len();
            match request {
                Request::Temporary { .. } | Request::RefreshDefault => assert_eq!(server.count("POST"), 1),
                Request::Create { .. } => {
                    assert_eq!(server.count("POST"), 0, "the account could not be looked at first");
                }
                // The change once; the rest is reading the token again.
                Request::Update { .. } => assert_eq!(server.count("PATCH"), 1),
                _ => assert_eq!(sent, 6),
            }
            assert_eq!(result.as_ref().map_err(cause), Err(&ApiError::Server { status }), "{request:?}");
        });
    }
}

#[test]
fn redirects_are_not_followed_and_the_other_server_hears_nothing() {
    let other = Faulty::start(|_, _| Fault::Bytes(answer(200, &[], "[]")));
    for status in [301, 302, 303, 307, 308] {
        let location = format!("{}/tokens/v2/ada?access_token={TOKEN}", other.url);
        each_request_against(
            &Fault::Bytes(answer(status, &[("location", &location)], "")),
            |request, result, server| {
                assert_eq!(result.as_ref().map_err(cause), Err(&ApiError::Redirected { status }), "{request:?}");
                // After a change the token is read again: it may have been made before the answer went astray.
                let looks = matches!(request, Request::Update { .. } | Request::Temporary { .. });
                assert_eq!(server.seen().len(), if looks { 2 } else { 1 });
            },
        );
    }
    assert_eq!(other.seen().len(), 0);
}

#[test]
fn a_link_to_another_server_or_in_a_circle_ends_the_list() {
    let other = Faulty::start(|_, _| Fault::Bytes(answer(200, &[], "[]")));
    let link = format!("<{}/tokens/v2/ada?start=x&access_token={TOKEN}>; rel=\"next\"", other.url);
    let server = Faulty::start(move |_, _| Fault::Bytes(answer(200, &[("link", &link)], "[]")));
    assert!(matches!(run(endpoint(&server.url), Request::List).1, Err(WorkError::Api(ApiError::Unreadable(_)))));
    assert_eq!((server.seen().len(), other.seen().len()), (1, 0));
    let circle = Faulty::start(|n, _| {
        let link = format!("</tokens/v2/ada?start={}&access_token={TOKEN}>; rel=\"next\"", n % 3);
        Fault::Bytes(answer(200, &[("link", &link)], "[]"))
    });
    let (reports, result) = run(endpoint(&circle.url), Request::List);
    assert!(matches!(result, Err(WorkError::Api(ApiError::Unreadable(_)))), "{result:?}");
    assert!(circle.seen().len() <= 4 && attempts(&reports) == circle.seen().len());
    assert!(
        circle.seen().iter().all(|seen| seen.target.matches("access_token=").count() == 1),
        "the echo is not sent back"
    );
}

/// Every token that a list reports, and how many entries it leaves out.
fn listed(reports: &[Report]) -> (Vec<Arc<Token>>, usize) {
    let (mut tokens, mut unreadable) = (Vec::new(), 0);
    for report in reports {
        match report {
            Report::Page(_, page) => tokens.extend(page.iter().cloned()),
            Report::Unreadable(_, count) => unreadable += count,
            _ => {}
        }
    }
    (tokens, unreadable)
}

#[test]
fn odd_records_do_not_disable_the_list() {
    let odd = r#"[{"id":"good","usage":"pk","note":"Map","scopes":["styles:read"]},
        {"id":"surrogate","usage":"sk","note":"half \ud800 pair","scopes":["uploads:read"]},
        {"id":"dates","usage":"sk","scopes":[],"created":"","modified":"2026-02-30T25:00:00Z"},
        {"id":"null","usage":"pk","scopes":null},
        {"id":42,"usage":"pk","scopes":[]},
        {"id":"kind","usage":"xk","scopes":[]},
        {"id":"types","usage":"pk","scopes":[],"note":{"a":1},"default":"yes","allowedUrls":"example.com"},
        {"id":"twice","usage":"pk","scopes":[],"note":"a","note":"b"},
        {"id":"bare"},
        {"usage":"pk","scopes":[]}, null, 7, "text", [[]], {"id":"huge","usage":"pk","scopes":[],"note":1e999}]"#;
    let server = Faulty::start(move |_, _| Fault::Bytes(answer(200, &[], odd)));
    let (reports, result) = run(endpoint(&server.url), Request::List);
    assert_eq!(result, Ok(Reply::Listed));
    let (tokens, unreadable) = listed(&reports);
    let flawed: Vec<_> = tokens.iter().map(|token| (token.id.as_str(), token.is_flawed())).collect();
    assert_eq!(
        flawed,
        [
            ("good", false),
            ("surrogate", true),
            ("dates", true),
            ("null", true),
            ("42", true),
            ("kind", true),
            ("types", true),
            ("twice", true),
            ("bare", true)
        ]
    );
    assert_eq!(unreadable, 6);
    assert_eq!(tokens[1].name(), "half \u{fffd} pair");
    assert_eq!(tokens[7].name(), "b");
}

#[test]
fn a_change_whose_answer_has_an_odd_field_is_done() {
    let server = Faulty::start(|_, _| {
        Fault::Bytes(answer(
            200,
            &[],
            &METADATA.replace("Old", "New \\udfff").replace(r#""client":"api""#, r#""created":"""#),
        ))
    });
    let request = Request::Update { id: TokenId::from("cmf000000000000000000item"), patch: renamed() };
    let Ok(Reply::Updated(token)) = run(endpoint(&server.url), request).1 else { panic!("it was changed") };
    assert_eq!((token.flaws.len(), server.seen().len()), (2, 1));
}

#[test]
fn lists_without_end_end() {
    let page = |n: usize, tokens: &str| {
        let link = format!("</tokens/v2/ada?start={n}>; rel=\"next\"");
        Fault::Bytes(answer(200, &[("link", &link)], tokens))
    };
    // One page is asked for while the one before is read.
    for (tokens, most) in [("[]".to_owned(), 103), (format!("[{METADATA}]"), 3)] {
        let server = Faulty::start(move |n, _| page(n, &tokens));
        let (_, result) = run(endpoint(&server.url), Request::List);
        let Err(WorkError::Api(ApiError::Unreadable(why))) = result else { panic!("{result:?}") };
        assert!(why.contains("does not end"), "{why}");
        assert!(server.seen().len() <= most, "{} requests", server.seen().len());
    }
}

#[test]
fn what_is_larger_than_anything_real_is_cut() {
    let scopes = vec![r#""styles:read""#; 200_000].join(",");
    let body = format!(r#"[{{"id":"x","usage":"pk","note":"{}","scopes":[{scopes}]}}]"#, "n".repeat(10 << 20));
    let server = Faulty::start(move |_, _| Fault::Bytes(answer(200, &[], &body)));
    let timeouts = Timeouts { total: DEADLINE, ..timeouts() };
    let (reports, result) = run(endpoint(&server.url).with_timeouts(timeouts), Request::List);
    assert_eq!(result, Ok(Reply::Listed));
    let (tokens, _) = listed(&reports);
    assert_eq!((tokens[0].name().chars().count(), tokens[0].scopes.len(), tokens[0].flaws.len()), (1001, 1000, 2));
}

#[test]
fn answers_that_are_no_json_are_refused() {
    let deep = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
    for body in ["", "{", "null", "7", "<html></html>", "{\"token\":7}", "[[]]", "\u{feff}[]", deep.as_str()] {
        each_request_against(&Fault::Bytes(answer(200, &[], body)), |request, result, server| {
            assert!(server.seen().len() <= 2, "what is complete is not asked for again");
            if !matches!(request, Request::Delete(_) | Request::Probe { .. }) {
                assert!(
                    matches!(result.as_ref().map_err(cause), Err(ApiError::Unreadable(_))),
                    "{request:?} {body:.20}: {result:?}"
                );
            }
        });
    }
}

#[test]
fn an_answer_cut_anywhere_is_never_taken_for_a_whole_one() {
    for request in requests() {
        let method = match &request {
            Request::Update { .. } => "PATCH",
            Request::Delete(_) => "DELETE",
            request if is_mutation_by_post(request) => "POST",
            _ => "GET",
        };
        // What a whole answer looks like is learnt from a good server.
        let server = Faulty::start(|_, seen| Fault::Bytes(good(seen)));
        run(endpoint(&server.url), request.clone()).1.expect("a good server");
        let whole = good(server.seen().last().expect("it arrived")).len();
        for cut in (0..whole).step_by(23) {
            let server = Faulty::start(move |_, seen| {
                let mut bytes = good(seen);
                if seen.method == method {
                    bytes.truncate(cut);
                }
                Fault::Bytes(bytes)
            });
            let (_, result) = run(endpoint(&server.url), request.clone());
            if is_mutation_by_post(&request) {
                assert_eq!(server.count("POST"), 1, "cut at {cut}");
            }
            // What can be saved of a create's answer is the matter of other tests.
            if matches!(request, Request::Create { .. }) {
                continue;
            }
            assert!(result.is_err(), "{request:?} cut at {cut}: {result:?}");
            if is_mutation_by_post(&request) {
                assert!(result.is_err_and(|error| error.outcome_is_unknown()), "cut at {cut}");
            }
        }
    }
    assert_the_log_is_clean();
}

#[test]
fn what_is_not_http_or_too_long_is_refused() {
    each_request_against(&Fault::Bytes(b"SSH-2.0-OpenSSH_9.2\r\n".to_vec()), |request, result, _| {
        let result = result.as_ref().map_err(cause);
        assert!(matches!(result, Err(ApiError::Unreadable(_) | ApiError::Broken { .. })), "{request:?}: {result:?}");
    });
    let mut long = b"HTTP/1.1 200 OK\r\nconnection: close\r\n\r\n".to_vec();
    long.resize(34 << 20, b' ');
    let long = Fault::Bytes(long);
    for request in [requests().remove(0), requests().remove(4)] {
        let fault = long.clone();
        let server = Faulty::start(move |_, _| fault.clone());
        let timeouts = Timeouts { total: DEADLINE, ..timeouts() };
        let (_, result) = run(endpoint(&server.url).with_timeouts(timeouts), request);
        assert!(matches!(result, Err(WorkError::Api(ApiError::Unreadable(_)))), "{result:?}");
        assert!(server.seen().len() <= 2);
    }
}

#[test]
fn silence_and_hang_ups_end_in_words_within_the_time_that_was_set() {
    each_request_against(&Fault::Silence, |request, result, _| {
        let Err(ApiError::Broken { cause, .. } | ApiError::Unreachable { cause, .. }) = result.as_ref().map_err(cause)
        else {
            panic!("{request:?}: {result:?}")
        };
        assert_eq!(*cause, TransportError::TooLong);
    });
    each_request_against(&Fault::Hang, |request, result, _| {
        let Err(ApiError::Broken { cause, .. } | ApiError::Unreachable { cause, .. }) = result.as_ref().map_err(cause)
        else {
            panic!("{request:?}: {result:?}")
        };
        assert_eq!(*cause, TransportError::Closed);
    });
}

#[test]
fn no_connection_is_told_apart_by_its_cause() {
    let vacant = {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        format!("http://{}", listener.local_addr().unwrap())
    };
    let garbage = Faulty::start(|_, _| Fault::Hang);
    for request in requests() {
        let (reports, result) = run(endpoint(&vacant), request.clone());
        let Err(ApiError::Unreachable { cause, .. }) = result.as_ref().map_err(cause) else {
            panic!("{request:?}: {result:?}")
        };
        assert_eq!(*cause, TransportError::Refused);
        let once_more = matches!(request, Request::RefreshDefault | Request::Update { .. });
        let expected = if once_more { 2 } else { 3 };
        assert_eq!(attempts(&reports), expected, "{request:?}");
        let (_, result) = run(endpoint("https://no-such-host.invalid"), request.clone());
        if !matches!(request, Request::RefreshDefault) {
            let result = result.as_ref().map_err(self::cause);
            assert!(matches!(result, Err(ApiError::Unreachable { .. })), "{request:?}: {result:?}");
        }
        // It waits for the end of a head that never comes, so TLS hears nothing in time.
        let (_, result) = run(endpoint(&garbage.url.replace("http:", "https:")), request.clone());
        assert!(result.is_err(), "{request:?}: {result:?}");
    }
    assert_the_log_is_clean();
}

#[test]
fn a_server_that_does_not_speak_tls_is_found_out() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("https://{}", listener.local_addr().unwrap());
    std::thread::spawn(move || {
        use std::io::{Read as _, Write as _};
        for stream in listener.incoming() {
            let Ok(mut stream) = stream else { return };
            let mut hello = [0; 16];
            let _ = stream.read(&mut hello);
            let _ = stream.write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n");
        }
    });
    let (reports, result) = run(endpoint(&url), Request::List);
    assert_eq!(attempts(&reports), 1, "it would be the same again");
    let Err(WorkError::Api(ApiError::Unreachable { cause, .. })) = result else { panic!("{result:?}") };
    assert_eq!(cause, TransportError::Tls(TlsError::NotTls));
}

#[test]
fn a_create_is_sent_once_whatever_becomes_of_its_answer() {
    let broken = good(&Received { method: "POST".into(), target: "/tokens/v2/ada".into(), ..Received::default() })
        [..60]
        .to_vec();
    for fault in [
        Fault::Hang,
        Fault::Silence,
        Fault::Bytes(answer(500, &[], "")),
        Fault::Bytes(answer(503, &[("retry-after", "0")], "")),
        Fault::Bytes(answer(200, &[], "{}")),
        Fault::Bytes(answer(200, &[], "<html></html>")),
        Fault::Bytes(broken),
    ] {
        let sent = fault.clone();
        let server = Faulty::start(move |_, seen| match seen.method.as_str() {
            "POST" => fault.clone(),
            _ => Fault::Bytes(good(seen)),
        });
        let (_, result) = run(endpoint(&server.url), requests().remove(2));
        assert_eq!(server.count("POST"), 1, "{sent:?}");
        assert!(matches!(result, Err(WorkError::Unclear { .. })), "{sent:?}: {result:?}");
    }
    assert_the_log_is_clean();
}

fn too_many() -> Fault {
    Fault::Bytes(answer(429, &[("retry-after", "0")], r#"{"message":"Too Many Requests"}"#))
}

#[test]
fn a_refusal_for_too_many_requests_waits_as_told_and_sends_again_what_can_be_looked_for() {
    for request in requests() {
        let is_unlisted = matches!(request, Request::Temporary { .. } | Request::RefreshDefault);
        let server = Faulty::start(move |n, seen| match n {
            _ if is_unlisted && seen.method == "POST" => too_many(),
            0 if !is_unlisted => too_many(),
            _ => Fault::Bytes(good(seen)),
        });
        let (reports, result) = run(endpoint(&server.url), request.clone());
        if is_unlisted {
            // What no list shows cannot be looked for, so it is not sent again.
            assert!(matches!(result, Err(WorkError::Api(ApiError::RateLimited { .. }))), "{request:?}: {result:?}");
            assert_eq!(server.count("POST"), 1, "{request:?}");
            continue;
        }
        assert!(result.is_ok(), "{request:?}: {result:?}");
        let expected = if looks_first(&request) { 3 } else { 2 };
        assert_eq!((attempts(&reports), server.seen().len()), (expected, expected), "{request:?}");
    }
    let server = Faulty::start(|n, seen| match n {
        0 => Fault::Bytes(answer(429, &[("retry-after", "1")], "")),
        _ => Fault::Bytes(good(seen)),
    });
    let start = Instant::now();
    let (reports, _) = run(endpoint(&server.url), Request::Scopes);
    assert!(start.elapsed() >= Duration::from_secs(1));
    let first = reports.iter().find_map(|it| if let Report::Call(_, call) = it { Some(call) } else { None });
    assert!(first.is_some_and(|call| call.again_in >= Some(Duration::from_secs(1))), "{first:?}");
}

#[test]
fn reads_survive_a_server_that_fails_now_and_then() {
    let server = Faulty::start(|n, seen| match n % 4 {
        0 => Fault::Hang,
        1 => Fault::Bytes(answer(503, &[], "")),
        2 => Fault::Bytes(good(seen)[..30].to_vec()),
        _ => Fault::Bytes(good(seen)),
    });
    for _ in 0..3 {
        let (reports, result) = run(endpoint(&server.url), Request::Scopes);
        assert!(result.is_ok(), "{result:?}");
        assert_eq!(attempts(&reports), 4, "and each attempt is in the activity log");
    }
}

#[test]
fn a_delete_whose_answer_is_lost_is_sent_again_and_gone_means_done() {
    let delete = || Request::Delete(TokenId::from("cmf000000000000000000item"));
    let not_found = || Fault::Bytes(answer(404, &[], r#"{"message":"Not Found"}"#));
    let lost = Faulty::start(move |n, _| if n == 0 { Fault::Hang } else { not_found() });
    assert!(matches!(run(endpoint(&lost.url), delete()).1, Ok(Reply::Deleted(_))));
    assert_eq!(lost.seen().len(), 2);
    let gone = Faulty::start(move |_, _| not_found());
    assert_eq!(run(endpoint(&gone.url), delete()).1, Err(WorkError::Api(ApiError::Gone)));
}

#[test]
fn an_update_whose_answer_is_lost_is_sent_again_only_if_it_was_not_made() {
    let update = || Request::Update { id: TokenId::from("cmf000000000000000000item"), patch: renamed() };
    for (was_made, sent) in [(true, 1), (false, 2)] {
        let server = Faulty::start(move |n, seen| match (n, seen.method.as_str()) {
            (0, _) => Fault::Hang,
            (_, "GET") if was_made => Fault::Bytes(answer(200, &[], &format!("[{}]", METADATA.replace("Old", "New")))),
            _ => Fault::Bytes(good(seen)),
        });
        let (_, result) = run(endpoint(&server.url), update());
        let Ok(Reply::Updated(token)) = result else { panic!("{result:?}") };
        assert_eq!(token.name(), "New");
        assert_eq!((server.count("PATCH"), server.count("GET")), (sent, 1));
    }
}

#[test]
fn a_trial_reports_what_the_page_would_meet() {
    for (status, expected) in [
        (200, Probed::Allowed),
        (403, Probed::Refused("Forbidden".into())),
        (401, Probed::NotAccepted("Forbidden".into())),
        (404, Probed::Unclear { status: 404, message: "Forbidden".into() }),
    ] {
        let server = Faulty::start(move |_, _| Fault::Bytes(answer(status, &[], r#"{"message":"Forbidden"}"#)));
        let request = requests().pop().expect("the probe is the last");
        assert_eq!(run(endpoint(&server.url), request).1, Ok(Reply::Probed(expected)));
        let head = server.seen()[0].head.clone();
        assert!(head.to_ascii_lowercase().contains("referer: https://example.com/map\r\n"), "{head}");
    }
}

#[test]
fn a_cancel_is_answered_at_once_whatever_hangs() {
    let server = Faulty::start(|_, _| Fault::Silence);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    LocalSet::new().block_on(&runtime, async {
        let (orders, incoming) = tokio::sync::mpsc::unbounded_channel();
        let (report, mut reports) = tokio::sync::mpsc::unbounded_channel();
        let timeouts = Timeouts { total: DEADLINE, ..timeouts() };
        let endpoint = endpoint(&server.url).with_timeouts(timeouts);
        tokio::task::spawn_local(jeton::work::task::run(endpoint, records(), incoming, move |it| {
            drop(report.send(it));
        }));
        orders.send(Order::Call(RequestId(1), Request::Scopes)).unwrap();
        while server.seen().is_empty() {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        let start = Instant::now();
        orders.send(Order::Cancel(RequestId(1))).unwrap();
        let done = loop {
            let report = tokio::time::timeout(DEADLINE, reports.recv()).await.expect("in time").expect("open");
            if let Report::Done(completion) = report {
                break completion;
            }
        };
        assert_eq!(done.result, Err(WorkError::Cancelled));
        assert!(start.elapsed() < Duration::from_millis(100), "{:?}", start.elapsed());
        // A create that is on its way is not given up, but one that still waits for its turn is.
        for id in 2..=6 {
            orders.send(Order::Call(RequestId(id), Request::RefreshDefault)).unwrap();
        }
        while server.count("POST") < 4 {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        for id in 2..=6 {
            orders.send(Order::Cancel(RequestId(id))).unwrap();
        }
        let done = tokio::time::timeout(DEADLINE, reports.recv()).await.expect("in time").expect("open");
        assert_eq!(done, Report::Done(jeton::work::Completion { id: RequestId(6), result: Err(WorkError::Cancelled) }));
        orders.send(Order::Disconnect).unwrap();
        orders.send(Order::Call(RequestId(7), Request::List)).unwrap();
        let done = tokio::time::timeout(DEADLINE, reports.recv()).await.expect("in time").expect("open");
        assert_eq!(done, Report::Done(jeton::work::Completion { id: RequestId(7), result: Err(WorkError::Locked) }));
    });
}

#[test]
fn a_sandbox_with_a_limit_is_kept_within_it_and_ten_thousand_tokens_come_in_large_pages() {
    let demo = |tokens| Some(Demo { seed: 1, tokens, now: jiff::Timestamp::now() });
    let sandbox = Sandbox::start(Options { rate_limit: Some(100), demo: demo(10), ..Options::default() }).unwrap();
    let at =
        |sandbox: &Sandbox| Endpoint::new(sandbox.url(), sandbox.username(), sandbox.token().clone()).expect("valid");
    let (reports, _) = run(at(&sandbox), Request::List);
    let budget = reports.iter().rev().find_map(|it| if let Report::Budget(budget) = it { Some(*budget) } else { None });
    assert_eq!(budget.map(|budget| (budget.limit, budget.left)), Some((100, 99)), "the first answer announces it");

    let sandbox = Sandbox::start(Options { rate_limit: None, demo: demo(10_000), ..Options::default() }).unwrap();
    let (reports, result) = run(at(&sandbox), Request::List);
    assert_eq!(result, Ok(Reply::Listed));
    let ids: std::collections::HashSet<TokenId> = reports
        .iter()
        .filter_map(|it| if let Report::Page(_, page) = it { Some(page) } else { None })
        .flatten()
        .map(|token| token.id.clone())
        .collect();
    assert_eq!(ids.len(), 10_000);
    assert!(attempts(&reports) <= 100, "{} requests", attempts(&reports));
    assert!(!reports.iter().any(|it| matches!(it, Report::Budget(_))), "nothing announced, nothing limited");
}

/// What a server answers; nothing at all is silence.
type Answers = Box<dyn Fn() -> Option<Vec<u8>> + Send + Sync>;

#[test]
fn a_read_ends_within_the_time_that_was_set_whatever_the_server_does() {
    let slow_body = || {
        let mut bytes = answer(200, &[], r#"[{"id":"scopes:list","description":"List."}]"#);
        let cut = bytes.len() - 3;
        bytes.truncate(cut);
        bytes
    };
    let limited = |wait: &'static str| move || answer(429, &[("retry-after", wait)], "");
    let scripts: [Answers; 5] = [
        Box::new(|| None),
        Box::new(move || Some(slow_body())),
        Box::new(|| Some(answer(503, &[], ""))),
        Box::new(move || Some(limited("2")())),
        Box::new(move || Some(limited("86400")())),
    ];
    for (at, script) in scripts.into_iter().enumerate() {
        let server = Faulty::start(move |_, _| script().map_or(Fault::Silence, Fault::Bytes));
        let timeouts = Timeouts { retry: Policy::default(), ..Timeouts::of(Duration::from_secs(1)) };
        let start = Instant::now();
        let (_, result) = run(endpoint(&server.url).with_timeouts(timeouts), Request::Scopes);
        assert!(start.elapsed() < Duration::from_millis(1900), "script {at}: {:?}", start.elapsed());
        let error = result.expect_err("it fails");
        if let WorkError::Api(ApiError::RateLimited { wait }) = &error {
            assert_eq!(*wait, Some(Duration::from_secs(if at == 3 { 2 } else { 86_400 })));
        }
        assert!(at < 3 || matches!(error, WorkError::Api(ApiError::RateLimited { .. })), "{error:?}");
    }
}

#[test]
fn a_ban_for_a_day_is_told_at_once_also_to_the_next_request() {
    let server = Faulty::start(|_, _| Fault::Bytes(answer(429, &[("retry-after", "86400")], "")));
    for request in requests() {
        let start = Instant::now();
        let (_, result) = run(endpoint(&server.url), request.clone());
        let error = result.expect_err("refused");
        assert!(matches!(cause(&error), ApiError::RateLimited { wait: Some(_) }), "{request:?}: {error:?}");
        assert!(error.next().contains("24 h"), "{}", error.next());
        assert!(start.elapsed() < Duration::from_secs(2), "{request:?}: {:?}", start.elapsed());
    }
}

#[test]
fn a_change_waits_for_its_turn_longer_than_a_read_may_take() {
    let server = Faulty::start(|n, seen| match n {
        0 => Fault::Bytes(answer(429, &[("retry-after", "1")], "")),
        _ => Fault::Bytes(good(seen)),
    });
    let timeouts = Timeouts { total: DEADLINE, ..Timeouts::of(Duration::from_millis(300)) };
    let request = Request::Delete(TokenId::from("cmf000000000000000000item"));
    let (_, result) = run(endpoint(&server.url).with_timeouts(timeouts), request);
    assert!(matches!(result, Ok(Reply::Deleted(_))), "{result:?}");
}

#[test]
fn a_temporary_token_lives_as_long_as_was_asked_for_by_the_servers_clock() {
    for ahead in ["Sat, 01 Jan 2000 00:00:00 GMT", "Fri, 01 Jan 2100 00:00:00 GMT"] {
        let server = Faulty::start(move |_, seen| match seen.method.as_str() {
            "POST" => Fault::Bytes(answer(200, &[], &format!(r#"{{"token":"{TEMPORARY}"}}"#))),
            _ => Fault::Bytes(answer(200, &[("date", ahead)], r#"{"code":"TokenValid"}"#)),
        });
        let now = jiff::Timestamp::now();
        let request =
            Request::Temporary { scopes: vec!["styles:read".into()], lifetime: jiff::SignedDuration::from_hours(1) };
        let Ok(Reply::TemporaryCreated(made)) = run(endpoint(&server.url), request).1 else { panic!("made") };
        let there: jiff::Timestamp =
            if ahead.contains("2000") { "2000-01-01T00:00:00Z" } else { "2100-01-01T00:00:00Z" }
                .parse()
                .expect("a time");
        let lives = made.expires.expect("asked for").duration_since(there).as_secs();
        assert!((3600..3605).contains(&lives), "{lives} s by the server's clock");
        // A second of rounding, and what the test took.
        let left = made.ends().expect("known").duration_since(now).as_secs();
        assert!((3600..3620).contains(&left), "{left} s on a countdown here");
    }
}
