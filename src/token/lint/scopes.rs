//! The rules about what a token may do.

use super::{Fix, Report, Rule};
use crate::token::{
    Catalogue, Scope, Usage,
    preset::{Fit, fit, smallest_covering},
};

pub(super) fn check(report: &mut Report<'_>, catalogue: &Catalogue) {
    let token = report.token;
    if token.scopes.is_empty() {
        report.add(Rule::NoScopes, "", None);
        return;
    }
    if token.usage == Usage::Secret && token.scopes.iter().all(|scope| catalogue.is_public(scope)) {
        report.add(Rule::NeedlessSecret, "", Some(Fix::Rotate));
    }
    if token.has_scope("tokens:write") {
        report.add(Rule::CanManageTokens, "", None);
    }
    // The default token's scopes cannot be changed. Public scopes alone are a job of their own ("everything public").
    if token.default || token.usage != Usage::Secret {
        return;
    }
    // All public scopes are preselected on the web page, and harmless next to secret ones: only secret scopes count.
    let is_secret = |scope: &Scope| !catalogue.is_public(scope);
    let secret: Vec<Scope> = token.scopes.iter().filter(|scope| is_secret(scope)).cloned().collect();
    if secret.is_empty() || smallest_covering(&secret).is_some() {
        return;
    }
    let (nearest, surplus) = match fit(&token.scopes) {
        Fit::Beyond { nearest: Some(nearest), surplus } => (Some(nearest), surplus),
        _ => (None, secret),
    };
    let surplus: Vec<_> = surplus.into_iter().filter(is_secret).collect();
    let names = surplus.iter().map(Scope::id).collect::<Vec<_>>().join(", ");
    let about = nearest.map_or_else(|| names.clone(), |preset| format!("{} plus {names}", preset.name));
    let fix = if nearest.is_some() { Fix::RemoveScopes(surplus) } else { Fix::Rotate };
    report.add(Rule::BroadScopes, about, Some(fix));
}
