//! The Tokens API: list, create, update, delete, retrieve.

use std::fmt::Write as _;

use axum::http::header;
use serde_json::json;

use super::{
    account_page,
    authorization::{self, Bearer, Verdict},
    body::{Body, json as to_json},
    call::Call,
    cuid,
    edit::Edit,
    metadata::{Metadata, Millis},
    refusal::Refusal,
    reply::{JSON, Reply},
    service::Service,
    signature::Claims,
    store::{Change, Deleted, Draft, Filter, Order},
};
use crate::token::{Scope, Usage};

/// Tokens on a page unless `limit` says otherwise. Not documented for this API; 100 is what the Tilesets API lists.
const PAGE: usize = 100;

/// Most tokens on a page; a larger `limit` gets this many. Not documented for this API; 500 is the Tilesets API's.
const LARGEST_PAGE: usize = 500;

/// Longest life of a temporary token, in milliseconds (documented: one hour).
const LONGEST_LIFE: i64 = 3_600_000;

/// `GET /tokens/v2/{username}`.
pub fn list(service: &mut Service, call: &Call) -> Result<Reply, Refusal> {
    let bearer = authorization::owner(service, call, "tokens:read")?;
    let usage = match call.query.first("usage") {
        None => None,
        Some("pk") => Some(Usage::Public),
        Some("sk") => Some(Usage::Secret),
        Some(_) => return Err(Refusal::Usage),
    };
    let default = match call.query.first("default") {
        None => None,
        // The JavaScript SDK sends `true` as a bare `?default`.
        Some("true" | "") => Some(true),
        Some("false") => Some(false),
        Some(_) => return Err(Refusal::Value("default must be true or false".into())),
    };
    let order = match call.query.first("sortby") {
        None | Some("created") => Order::Created,
        Some("modified") => Order::Modified,
        Some(_) => return Err(Refusal::Value("sortby must be created or modified".into())),
    };
    let limit = match call.query.first("limit") {
        None => PAGE,
        Some(text) => match text.parse::<u64>() {
            Ok(limit) if limit > 0 => usize::try_from(limit).unwrap_or(LARGEST_PAGE).min(LARGEST_PAGE),
            _ => return Err(Refusal::Value("limit must be a positive integer".into())),
        },
    };
    let start = call.query.first("start").filter(|start| !start.is_empty());
    let after = start.map(|start| place(service, &bearer, order, start)).transpose()?;
    let filter = Filter { usage, default, order, after };

    let mut body = Vec::with_capacity(limit.min(PAGE) * 400);
    let mut last = String::new();
    body.push(b'[');
    let more = service.store.list(bearer.account, &filter, limit, |row| {
        if body.len() > 1 {
            body.push(b',');
        }
        last.clear();
        last.push_str(row.id);
        if order == Order::Modified {
            let _ = write!(last, ".{}", row.modified);
        }
        Metadata::new(row, bearer.username(), None).write(&mut body);
    })?;
    body.push(b']');
    let reply = Reply::raw(JSON, body);
    Ok(if more { reply.with(header::LINK, next_page(service, call, &last)) } else { reply })
}

/// The last time an id can carry, in milliseconds since 1970; it is in the year 2059.
const LAST: i64 = 36_i64.pow(8) - 1;

/// Where a `start` stands in the list. It is the id of the last token seen; for the order of change its time goes along
/// (`id.millis`), so that a change in the meantime does not throw the walk back to the top. Ids of deleted tokens do.
fn place<'a>(service: &Service, bearer: &Bearer, order: Order, start: &'a str) -> Result<(&'a str, i64), Refusal> {
    let (id, modified) = start.split_once('.').map_or((start, None), |(id, millis)| (id, millis.parse().ok()));
    // Documented: a `start` that makes no sense "can" be answered with status 500.
    if !cuid::is_cuid(id) || (start.contains('.') && !modified.is_some_and(|at| (0..=LAST).contains(&at))) {
        return Err(Refusal::Start);
    }
    match modified {
        Some(modified) => Ok((id, modified)),
        None if order == Order::Created => Ok((id, 0)),
        None => service.store.token(bearer.account, id, |row| row.modified)?.map(|at| (id, at)).ok_or(Refusal::Start),
    }
}

/// The `Link` header's value: an absolute URL on the origin the client used, with the access token in it (seen live).
fn next_page(service: &Service, call: &Call, last: &str) -> String {
    let mut query = form_urlencoded::Serializer::new(String::new());
    for name in ["access_token", "default", "limit", "sortby", "usage"] {
        if let Some(value) = call.query.first(name) {
            query.append_pair(name, value);
        }
    }
    query.append_pair("start", last);
    let (origin, username) = (call.origin(&service.origin), call.part("username"));
    format!("<{origin}/tokens/v2/{username}?{}>; rel=\"next\"", query.finish())
}

/// `POST /tokens/v2/{username}`: a public or secret token, or a temporary one when the body has `expires`.
///
/// Not documented: the status of success. Every known client expects 200.
pub fn create(service: &mut Service, call: &Call) -> Result<Reply, Refusal> {
    let bearer = authorization::owner(service, call, "tokens:write")?;
    account_page::confirmed(service, bearer.account, call.now)?;
    let fields = ["note", "scopes", "allowedUrls", "resources", "allowedApplications", "expires"];
    let body = Body::new(&call.body, &fields)?;
    if body.has("expires") {
        return create_temporary(service, call, &bearer);
    }
    let note = body.note()?.value();
    let scopes = granted(&bearer, body.scopes()?.ok_or_else(|| Refusal::Value("scopes are required".into()))?)?;
    let allowed_urls = body.allowed_urls()?.value();
    let resources = body.resources(bearer.resources.as_deref())?.value().or_else(|| bearer.resources.clone());
    let applications = body.applications()?.value();
    // Documented: one secret scope makes a secret token. Not documented: a token without scopes; it counts as public.
    let is_public = scopes.iter().all(|scope| service.catalogue.is_public(&Scope::from(scope.as_str())));
    let usage = if is_public { Usage::Public } else { Usage::Secret };
    let (id, created) = service.cuids.next(call.now);
    let claims = Claims::Stored { u: bearer.username().to_owned(), a: id.clone() };
    let key = service.store.key();
    let signature = if is_public { key.sign_public(&claims) } else { key.sign_secret(&claims) };
    let draft = Draft {
        id: &id,
        usage,
        listed: true,
        default: false,
        note,
        scopes: &to_json(&scopes),
        allowed_urls: allowed_urls.as_deref(),
        resources: resources.as_deref(),
        applications: applications.as_deref(),
        created,
        modified: created,
        signature: &signature,
    };
    service.store.insert(bearer.account, &draft)?;
    let mut out = Vec::new();
    Metadata::new(draft.row(), bearer.username(), Some(&signature)).write(&mut out);
    Ok(Reply::raw(JSON, out))
}

/// A temporary token: signed, never stored, so it can be neither listed nor changed nor revoked.
fn create_temporary(service: &mut Service, call: &Call, bearer: &Bearer) -> Result<Reply, Refusal> {
    // No name and no allowed URLs (documented).
    let body = Body::new(&call.body, &["expires", "scopes"])?;
    let expires = body.expires()?;
    if expires <= call.now {
        return Err(Refusal::ExpiresInPast);
    }
    if expires > call.now + LONGEST_LIFE {
        return Err(Refusal::ExpiresTooLate);
    }
    // Payloads count whole seconds; cut both alike, so that an hour stays an hour.
    let (iat, exp) = (call.now.div_euclid(1000), expires.div_euclid(1000));
    if matches!(&bearer.claims, Claims::Temporary { exp: end, .. } if exp > *end) {
        return Err(Refusal::ExpiresAfterAuthorization);
    }
    let scopes = granted(bearer, body.scopes()?.ok_or_else(|| Refusal::Value("scopes are required".into()))?)?;
    let claims = Claims::Temporary { u: bearer.username().to_owned(), exp, iat, scopes, client: "api".to_owned() };
    let token = service.store.key().temporary(&claims);
    Ok(Reply::json(&json!({
        "token": token.expose(),
        "issued_at": Millis(iat * 1000),
        "expires": Millis(exp * 1000),
        "expires_in": exp - iat,
    })))
}

/// The scopes asked for, when the authorizing token holds them all.
fn granted(bearer: &Bearer, scopes: Vec<String>) -> Result<Vec<String>, Refusal> {
    if scopes.iter().all(|scope| bearer.holds(scope)) { Ok(scopes) } else { Err(Refusal::Scopes) }
}

/// `PATCH /tokens/v2/{username}/{id}`: only what is sent changes; the kind never does.
pub fn update(service: &mut Service, call: &Call) -> Result<Reply, Refusal> {
    let bearer = authorization::owner(service, call, "tokens:write")?;
    let id = token_id(call)?;
    let fields = ["note", "scopes", "allowedUrls", "resources", "allowedApplications"];
    let body = Body::new(&call.body, &fields)?;
    let known = service.store.token(bearer.account, id, |row| {
        let scopes: Vec<String> = serde_json::from_str(row.scopes).unwrap_or_default();
        (row.usage, row.default, scopes)
    })?;
    let (usage, is_default, held) = known.ok_or(Refusal::NotFound)?;
    let scopes = body.scopes()?;
    if let Some(scopes) = &scopes {
        let is_public = |scope: &String| service.catalogue.is_public(&Scope::from(scope.as_str()));
        // Documented: a public token takes public scopes only, and one made without scopes can never get any.
        let fits = (usage == Usage::Secret || scopes.iter().all(is_public)) && (!held.is_empty() || scopes.is_empty());
        if !fits || !scopes.iter().all(|scope| bearer.holds(scope)) {
            return Err(Refusal::Scopes);
        }
        let same = scopes.len() == held.len() && scopes.iter().all(|scope| held.contains(scope));
        if is_default && !same {
            return Err(Refusal::DefaultToken("keeps its scopes"));
        }
    }
    let allowed_urls = body.allowed_urls()?;
    let resources = body.resources(bearer.resources.as_deref())?;
    let applications = body.applications()?;
    let restricts = [&allowed_urls, &resources, &applications].into_iter().any(Edit::is_set);
    if is_default && restricts {
        return Err(Refusal::DefaultToken("can't be restricted"));
    }
    if !body.is_empty() {
        let scopes = scopes.map(|scopes| to_json(&scopes));
        let change = Change {
            note: body.note()?,
            scopes: scopes.as_deref(),
            allowed_urls: allowed_urls.as_deref(),
            resources: resources.as_deref(),
            applications: applications.as_deref(),
        };
        service.store.update(bearer.account, id, &change, call.now)?;
    }
    let mut out = Vec::new();
    let shown =
        service.store.token(bearer.account, id, |row| Metadata::new(row, bearer.username(), None).write(&mut out))?;
    shown.map(|()| Reply::raw(JSON, out)).ok_or(Refusal::NotFound)
}

/// `DELETE /tokens/v2/{username}/{id}`. Not documented: what happens to the default token; it stays, as it "always
/// exists".
pub fn delete(service: &mut Service, call: &Call) -> Result<Reply, Refusal> {
    let bearer = authorization::owner(service, call, "tokens:write")?;
    match service.store.delete(bearer.account, token_id(call)?, call.now)? {
        Deleted::Done => Ok(Reply::empty()),
        Deleted::Missing => Err(Refusal::NotFound),
        Deleted::Default => Err(Refusal::DefaultToken("can't be deleted, only refreshed")),
    }
}

/// The id in the path, unless someone put the token itself there.
fn token_id(call: &Call) -> Result<&str, Refusal> {
    let id = call.part("id");
    let is_token = id.split_once('.').is_some_and(|(prefix, _)| Usage::from_prefix(prefix).is_some());
    if is_token { Err(Refusal::TokenForId) } else { Ok(id) }
}

/// `GET /tokens/v2?access_token=`: what is to be thought of a token. The status is 200 whatever that is.
pub fn retrieve(service: &mut Service, call: &Call) -> Result<Reply, Refusal> {
    let token = call.token().ok_or(Refusal::TokenRequired)?;
    let (code, usage, claims) = match authorization::judge(service, token, call.now)? {
        Verdict::Malformed => return Ok(Reply::json(&json!({ "code": "TokenMalformed" }))),
        Verdict::Valid(bearer) => {
            authorization::count(service, call, bearer.account)?;
            ("TokenValid", bearer.usage, bearer.claims)
        }
        Verdict::Invalid(usage, claims) => ("TokenInvalid", usage, claims),
        Verdict::Expired(usage, claims) => ("TokenExpired", usage, claims),
        Verdict::Revoked(usage, claims) => ("TokenRevoked", usage, claims),
    };
    let token = match claims {
        Claims::Stored { u, a } => json!({ "usage": usage, "user": u, "authorization": a }),
        Claims::Temporary { u, exp, iat, scopes, client } => json!({
            "usage": usage,
            "user": u,
            "expires": Millis(exp.saturating_mul(1000)),
            "created": Millis(iat.saturating_mul(1000)),
            "scopes": scopes,
            "client": client,
        }),
    };
    Ok(Reply::json(&json!({ "code": code, "token": token })))
}
