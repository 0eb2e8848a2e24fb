//! [`Plan`]: what the faults do to one request, and doing it to the answer.

use std::{
    pin::Pin,
    task::{Context, Poll, ready},
    time::Duration,
};

use axum::{
    body::{Body, Bytes},
    http::{HeaderName, Response, StatusCode, header},
};
use hyper::body::Frame;
use serde_json::json;

use super::rule::{Fault, Request, When};
use crate::sandbox::reply::Reply;

/// Bytes that are neither JSON nor UTF-8, and that nobody should print.
const GARBAGE: &[u8] = b"\x00\xff\xfe{\"id\": \x1b[31m\xc3\x28 \x80]]>";

/// Longest body that is held to be changed.
const LONGEST: usize = 16 * 1024 * 1024;

/// What happens to a request and to its answer.
#[derive(Debug, Default)]
pub struct Plan {
    /// How long the request waits.
    pub delay: Duration,
    /// Whether the connection is closed with nothing done.
    pub cut_before: bool,
    /// An answer in place of the true one; nothing is done.
    pub reply: Option<Reply>,
    /// An answer in place of the true one, with the request done.
    pub reply_after: Option<Reply>,
    /// Whether the request is done twice.
    pub repeat: bool,
    /// Whether the connection is closed with the request done.
    pub cut_after: bool,
    /// After how many bytes of the answer the connection is closed.
    pub cut_response: Option<usize>,
    empty_list: bool,
    garbage: bool,
    truncate: Option<usize>,
    drip: Option<(usize, Duration)>,
}

impl Plan {
    /// Adds one fault.
    pub fn add(&mut self, fault: &Fault, request: &Request<'_>) {
        match fault {
            Fault::Delay { ms } => self.delay += Duration::from_millis(*ms),
            Fault::Status { status, message, headers, when } => {
                let status = StatusCode::from_u16(*status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
                let usual = || status.canonical_reason().unwrap_or("made to fail").to_owned();
                let message = message.clone().unwrap_or_else(usual);
                let mut reply = Reply::json(&json!({ "message": message }));
                reply.status = status;
                for (name, value) in headers {
                    if let Ok(name) = name.parse::<HeaderName>() {
                        reply = reply.with(name, value.as_str());
                    }
                }
                match when {
                    When::BeforeCommit => self.reply.get_or_insert(reply),
                    When::AfterCommit => self.reply_after.get_or_insert(reply),
                };
            }
            Fault::RateLimit { seconds } => {
                let reset = request.now.div_euclid(1000) + i64::from(*seconds);
                let mut reply = Reply::json(&json!({ "message": "Too Many Requests" }));
                reply.status = StatusCode::TOO_MANY_REQUESTS;
                let reply = reply
                    .with(header::RETRY_AFTER, *seconds)
                    .with(HeaderName::from_static("x-rate-limit-interval"), 60)
                    .with(HeaderName::from_static("x-rate-limit-limit"), 100)
                    .with(HeaderName::from_static("x-rate-limit-reset"), reset);
                self.reply.get_or_insert(reply);
            }
            Fault::Cut { when: When::BeforeCommit } => self.cut_before = true,
            Fault::Cut { when: When::AfterCommit } => self.cut_after = true,
            Fault::CutResponse { bytes } => self.cut_response = Some(*bytes),
            Fault::Truncate { bytes } => self.truncate = Some(*bytes),
            Fault::Garbage => self.garbage = true,
            Fault::Drip { bytes, ms } => self.drip = Some((*bytes, Duration::from_millis(*ms))),
            Fault::EmptyList => self.empty_list = true,
            Fault::Repeat => self.repeat = true,
        }
    }

    /// Does to an answer what is planned for it.
    pub async fn spoil(&self, response: Response<Body>) -> Response<Body> {
        if !self.empty_list && !self.garbage && self.truncate.is_none() && self.drip.is_none() {
            return response;
        }
        let (mut head, body) = response.into_parts();
        // Of the body as it was.
        head.headers.remove(header::CONTENT_LENGTH);
        // Our own bodies are in memory and cannot fail.
        let mut bytes = axum::body::to_bytes(body, LONGEST).await.unwrap_or_default();
        if self.empty_list {
            bytes = Bytes::from_static(b"[]");
            head.headers.remove(header::LINK);
        }
        if self.garbage {
            bytes = Bytes::from_static(GARBAGE);
        }
        if let Some(length) = self.truncate {
            bytes.truncate(length);
        }
        let body = match self.drip {
            Some((step, pause)) => Body::new(Drip::new(bytes, step, pause)),
            None => Body::from(bytes),
        };
        Response::from_parts(head, body)
    }
}

/// A body that arrives a little at a time.
pub struct Drip {
    rest: Bytes,
    step: usize,
    pause: Duration,
    wait: Pin<Box<tokio::time::Sleep>>,
}

impl Drip {
    fn new(rest: Bytes, step: usize, pause: Duration) -> Self {
        Self { rest, step, pause, wait: Box::pin(tokio::time::sleep(pause)) }
    }
}

impl hyper::body::Body for Drip {
    type Data = Bytes;
    type Error = std::convert::Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Self::Error>>> {
        if self.rest.is_empty() {
            return Poll::Ready(None);
        }
        ready!(self.wait.as_mut().poll(context));
        let next = tokio::time::Instant::now() + self.pause;
        self.wait.as_mut().reset(next);
        let step = self.step.min(self.rest.len());
        Poll::Ready(Some(Ok(Frame::data(self.rest.split_to(step)))))
    }

    fn is_end_stream(&self) -> bool {
        self.rest.is_empty()
    }

    fn size_hint(&self) -> hyper::body::SizeHint {
        hyper::body::SizeHint::with_exact(self.rest.len() as u64)
    }
}
