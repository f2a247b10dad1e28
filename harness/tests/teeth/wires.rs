//! What stands around a server and changes what goes in or comes out.

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::Request;
use axum::middleware::{Next, from_fn};
use bytes::Bytes;
use serde_json::Value;

/// A request, whole.
pub(crate) type Asked = http::Request<Bytes>;
/// An answer, whole.
pub(crate) type Answer = http::Response<Bytes>;

/// Bytes. No message of the reference comes near.
const LIMIT: usize = 1 << 20;

/// A server whose every request is changed before it comes in.
pub(crate) fn asked(router: Router, change: impl Fn(Asked) -> Asked + Clone + Send + Sync + 'static) -> Router {
    router.layer(from_fn(move |request: Request, next: Next| {
        let change = change.clone();
        async move { next.run(change(whole(request).await).map(Body::from)).await }
    }))
}

/// A server whose every answer is changed before it gets out. `change` is given the request, too.
pub(crate) fn answered(
    router: Router,
    change: impl Fn(&Asked, Answer) -> Answer + Clone + Send + Sync + 'static,
) -> Router {
    router.layer(from_fn(move |request: Request, next: Next| {
        let change = change.clone();
        async move {
            let asked = whole(request).await;
            let (head, body) = next.run(asked.clone().map(Body::from)).await.into_parts();
            change(&asked, Answer::from_parts(head, bytes(body).await)).map(Body::from)
        }
    }))
}

async fn whole(request: Request) -> Asked {
    let (head, body) = request.into_parts();
    Asked::from_parts(head, bytes(body).await)
}

async fn bytes(body: Body) -> Bytes {
    to_bytes(body, LIMIT).await.expect("a message in memory is whole")
}

/// An answer with other JSON in it; one without JSON as it is.
pub(crate) fn with_json(answer: Answer, change: impl FnOnce(&mut Value)) -> Answer {
    let Ok(mut json) = serde_json::from_slice::<Value>(answer.body()) else { return answer };
    change(&mut json);
    answer.map(|_| Bytes::from(json.to_string()))
}

/// A field of a form.
pub(crate) fn field(request: &Asked, name: &str) -> Option<String> {
    url::form_urlencoded::parse(request.body()).find(|(key, _)| key == name).map(|(_, value)| value.into_owned())
}

/// A request whose form has another value in one of its fields.
pub(crate) fn with_field(request: Asked, name: &str, value: &str) -> Asked {
    let mut form = url::form_urlencoded::Serializer::new(String::new());
    for (key, old) in url::form_urlencoded::parse(request.body()) {
        form.append_pair(&key, if key == name { value } else { &old });
    }
    let form = form.finish();
    request.map(|_| Bytes::from(form))
}
