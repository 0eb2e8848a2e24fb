//! [`Reply`]: an answer before it becomes bytes on a connection.

use axum::{
    body::Body,
    http::{HeaderName, HeaderValue, Response, StatusCode, header},
};
use serde::Serialize;

use super::refusal::Refusal;

/// Status, headers and body; nothing of it depends on the connection.
#[derive(Debug)]
pub struct Reply {
    /// The status.
    pub status: StatusCode,
    /// Headers besides the content type.
    pub headers: Vec<(HeaderName, HeaderValue)>,
    /// The body's media type; `None` for an answer without a body.
    pub media: Option<&'static str>,
    /// The body.
    pub body: Vec<u8>,
}

/// The media type of everything the Tokens API says.
pub const JSON: &str = "application/json; charset=utf-8";

impl Reply {
    /// 200 with a value as JSON.
    pub fn json(value: &impl Serialize) -> Self {
        Self::raw(JSON, serde_json::to_vec(value).expect("our values have string keys and no fallible parts"))
    }

    /// 200 with bytes of a media type.
    pub fn raw(media: &'static str, body: impl Into<Vec<u8>>) -> Self {
        Self { status: StatusCode::OK, headers: Vec::new(), media: Some(media), body: body.into() }
    }

    /// 204 with nothing.
    pub fn empty() -> Self {
        Self { status: StatusCode::NO_CONTENT, headers: Vec::new(), media: None, body: Vec::new() }
    }

    /// The same with a header; a value no header can carry is left out.
    pub fn with(mut self, name: HeaderName, value: impl TryInto<HeaderValue>) -> Self {
        if let Ok(value) = value.try_into() {
            self.headers.push((name, value));
        }
        self
    }

    /// What goes to the connection.
    pub fn into_response(self) -> Response<Body> {
        let mut response = Response::new(Body::from(self.body));
        *response.status_mut() = self.status;
        let headers = response.headers_mut();
        headers.extend(self.headers);
        if let Some(media) = self.media {
            headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(media));
        }
        response
    }
}

impl From<Refusal> for Reply {
    fn from(refusal: Refusal) -> Self {
        let mut reply = Self::json(&refusal.body());
        reply.status = refusal.status();
        reply
    }
}
