//! [`Refusal`]: every answer that says no, with its status and its words.
//!
//! Invariants: the body is `{"message": "…"}` (the Geocoding API adds a code). The first group is the documentation's error table word for
//! word; the words of the second group are ours, because none are published.

use std::sync::Arc;

use axum::http::StatusCode;
use serde_json::{Value, json};

use super::store::StoreError;

/// Why a call is refused.
#[derive(Debug, thiserror::Error)]
pub enum Refusal {
    // -- documented --
    /// No token where one is needed, or one that is not or no longer valid.
    #[error("Unauthorized")]
    Unauthorized,
    /// The token lacks the endpoint's scope or is another account's; also a token id that does not exist.
    #[error("Not found")]
    NotFound,
    /// The account in the path does not exist.
    #[error("No such user")]
    NoSuchUser,
    /// The retrieve endpoint was asked about nothing.
    #[error("access token is required")]
    TokenRequired,
    /// `usage` is neither of the two.
    #[error("usage must be pk or sk")]
    Usage,
    /// A temporary token that would be dead on arrival.
    #[error("expires is in the past")]
    ExpiresInPast,
    /// A temporary token that would live too long.
    #[error("expires is more than one hour in the future")]
    ExpiresTooLate,
    /// A temporary token made by another, to outlive it.
    #[error("expires may not be greater than the expiration of the authorizing token")]
    ExpiresAfterAuthorization,
    /// Scopes the authorizing token lacks, or that this token may not get.
    #[error("scopes are invalid")]
    Scopes,
    /// Resources that are malformed, empty, or more than the authorizing token's own.
    #[error("resources are invalid")]
    Resources,
    /// A `start` that is not a place in the list.
    #[error("Internal Server Error")]
    Start,
    /// The other services' word for a token they do not accept (seen live at the Styles API).
    #[error("Not Authorized - Invalid Token")]
    InvalidToken,
    /// The same at the Geocoding API, whose body has a code as well (seen live).
    #[error("Not Authorized - Invalid Token")]
    InvalidGeocodingToken,
    /// The other services' word for a missing scope (seen live at the Styles API).
    #[error("This API requires a token with {0} scope.")]
    ScopeNeeded(Arc<str>),
    /// The other services' word for no token at all.
    #[error("Not Authorized - No Token")]
    NoToken,
    /// The page that asks is not among the token's allowed URLs.
    #[error("Forbidden")]
    Forbidden,

    // -- the status is documented or plain HTTP, the words are ours --
    /// A token string where its id belongs (400 in the OpenAPI file).
    #[error("expected a token ID, not a token")]
    TokenForId,
    /// A body that is no JSON object.
    #[error("the body must be a JSON object: {0}")]
    Json(String),
    /// A path that is not UTF-8 behind its percent signs.
    #[error("the path is not valid UTF-8")]
    Path,
    /// A field the operation does not have (`additionalProperties: false` in the OpenAPI file).
    #[error("unknown field {0}")]
    Field(String),
    /// A field or parameter of the wrong type or size.
    #[error("{0}")]
    Value(String),
    /// The default token's fixed sides.
    #[error("the default token {0}")]
    DefaultToken(&'static str),
    /// The password check before creating is on.
    #[error("{0}")]
    Password(&'static str),
    /// HTTP/1.1 without a host, or with two.
    #[error("exactly one Host header is required")]
    Host,
    /// The sandbox's own routes under a name that may be anyone's.
    #[error("unknown host; to allow it, start the sandbox with --host NAME")]
    ForeignHost,
    /// The sandbox's own routes, called by a web page.
    #[error("web pages can't call this")]
    ForeignOrigin,
    /// No endpoint has this path.
    #[error("Not Found")]
    Route,
    /// The endpoint does not know the method.
    #[error("Method Not Allowed")]
    Method,
    /// More body than the API could ever need.
    #[error("the body is larger than {} bytes", super::routes::BODY_LIMIT)]
    TooLarge,
    /// The body did not arrive in time.
    #[error("the body did not arrive in time")]
    Timeout,
    /// The budget of the minute is spent.
    #[error("Too Many Requests")]
    TooMany,
    /// The database failed; the words go to whoever runs the sandbox.
    #[error("Internal Server Error: {0}")]
    Store(#[from] StoreError),
}

impl Refusal {
    /// The body.
    pub fn body(&self) -> Value {
        match self {
            Self::InvalidGeocodingToken => json!({ "message": self.to_string(), "error_code": "INVALID_TOKEN" }),
            _ => json!({ "message": self.to_string() }),
        }
    }

    /// The status that goes with it.
    pub fn status(&self) -> StatusCode {
        match self {
            Self::Unauthorized | Self::InvalidToken | Self::InvalidGeocodingToken | Self::NoToken => {
                StatusCode::UNAUTHORIZED
            }
            Self::ScopeNeeded(_) | Self::Forbidden | Self::Password(_) | Self::ForeignHost | Self::ForeignOrigin => {
                StatusCode::FORBIDDEN
            }
            Self::NotFound | Self::NoSuchUser | Self::Route => StatusCode::NOT_FOUND,
            Self::TokenForId | Self::Json(_) | Self::Path | Self::Host => StatusCode::BAD_REQUEST,
            Self::Method => StatusCode::METHOD_NOT_ALLOWED,
            Self::Timeout => StatusCode::REQUEST_TIMEOUT,
            Self::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            Self::TooMany => StatusCode::TOO_MANY_REQUESTS,
            Self::Start | Self::Store(_) => StatusCode::INTERNAL_SERVER_ERROR,
            Self::TokenRequired
            | Self::Usage
            | Self::ExpiresInPast
            | Self::ExpiresTooLate
            | Self::ExpiresAfterAuthorization
            | Self::Scopes
            | Self::Resources
            | Self::Field(_)
            | Self::Value(_)
            | Self::DefaultToken(_) => StatusCode::UNPROCESSABLE_ENTITY,
        }
    }
}
