//! Which path and method is answered how: behaviour that the incumbent's users
//! and their probes rely on, word by word.
//!
//! Heat: cold (once per request).

use std::sync::Arc;

use bytes::Bytes;
use http_body_util::{Either, Full};
use hyper::header::{ALLOW, CONTENT_ENCODING, CONTENT_TYPE, HeaderValue, RETRY_AFTER};
use hyper::{Method, Request, Response, StatusCode};

use super::negotiate::{self, Offer};
use super::scrape::{Flight, Places, ScrapeBody};
use super::{App, Options, Phase, landing};

/// An answer: short and whole, or an exposition on its way.
pub(super) type Answer<A> = Response<Either<Full<Bytes>, ScrapeBody<A>>>;

/// The app with its paths.
pub(super) struct Site<A> {
    app: Arc<A>,
    options: Options,
    landing: Bytes,
    scrapes: Places,
}

/// What a path leads to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Place {
    Metrics,
    Landing,
    Healthy,
    Ready,
    Ledger,
    Reload,
    Quit,
}

/// Methods that a place answers to.
#[derive(Clone, Copy)]
enum Methods {
    Read,
    Act,
}

impl Methods {
    fn allow(self, method: &Method) -> bool {
        match self {
            Self::Read => [Method::GET, Method::HEAD].contains(method),
            Self::Act => [Method::POST, Method::PUT].contains(method),
        }
    }

    fn listed(self) -> &'static str {
        match self {
            Self::Read => "GET, HEAD",
            Self::Act => "POST, PUT",
        }
    }
}

impl<A: App> Site<A> {
    pub(super) fn new(app: Arc<A>, options: Options) -> Self {
        let landing = landing::page(&options.metrics_path).into();
        Self { app, options, landing, scrapes: Places::new() }
    }

    /// Answers a request. Its body is not read.
    pub(super) async fn answer<B>(&self, request: Request<B>) -> Answer<A> {
        let Some(place) = self.place(request.uri().path()) else {
            return text(StatusCode::NOT_FOUND, "404 page not found\n");
        };
        let methods = match place {
            Place::Reload | Place::Quit => Methods::Act,
            _ => Methods::Read,
        };
        if !methods.allow(request.method()) {
            return self.refuse(place, methods);
        }
        match place {
            Place::Metrics => self.metrics(&request),
            Place::Landing => self.front_page(),
            Place::Healthy => text(StatusCode::OK, "Statsd Exporter is Healthy.\n"),
            Place::Ready => self.ready(),
            Place::Ledger => self.ledger(),
            Place::Reload => self.reload().await,
            Place::Quit => {
                self.app.quit();
                text(StatusCode::OK, "Requesting termination... Goodbye!")
            }
        }
    }

    fn place(&self, path: &str) -> Option<Place> {
        if path == self.options.metrics_path {
            return Some(Place::Metrics);
        }
        match path {
            "/" => Some(Place::Landing),
            "/-/healthy" => Some(Place::Healthy),
            "/-/ready" => Some(Place::Ready),
            "/-/ledger" => Some(Place::Ledger),
            "/-/reload" if self.options.lifecycle => Some(Place::Reload),
            "/-/quit" if self.options.lifecycle => Some(Place::Quit),
            _ => None,
        }
    }

    fn refuse(&self, place: Place, methods: Methods) -> Answer<A> {
        let code = StatusCode::METHOD_NOT_ALLOWED;
        if place == Place::Metrics {
            drop(Flight::begin(&self.app, code.as_u16()));
        }
        let mut answer = text(code, "405 method not allowed\n");
        answer.headers_mut().insert(ALLOW, HeaderValue::from_static(methods.listed()));
        answer
    }

    fn metrics<B>(&self, request: &Request<B>) -> Answer<A> {
        let format = Offer { openmetrics: self.options.openmetrics }.format(request.headers());
        let coding = negotiate::coding(request.headers());
        let body = if request.method() == Method::HEAD {
            ScrapeBody::unsent(Flight::begin(&self.app, StatusCode::OK.as_u16()))
        } else {
            let Some(place) = self.scrapes.take() else { return self.too_many() };
            let flight = Flight::begin(&self.app, StatusCode::OK.as_u16());
            ScrapeBody::start(flight, place, format, coding)
        };
        let mut answer = Response::new(Either::Right(body));
        let headers = answer.headers_mut();
        if let Ok(value) = HeaderValue::try_from(format.content_type()) {
            headers.insert(CONTENT_TYPE, value);
        }
        if let Some(name) = coding.name() {
            headers.insert(CONTENT_ENCODING, HeaderValue::from_static(name));
        }
        answer
    }

    /// There are as many scrapes as there may be.
    fn too_many(&self) -> Answer<A> {
        let code = StatusCode::SERVICE_UNAVAILABLE;
        drop(Flight::begin(&self.app, code.as_u16()));
        let mut answer = text(code, "Too many scrapes are being answered, try again later.\n");
        answer.headers_mut().insert(RETRY_AFTER, HeaderValue::from_static("1"));
        answer
    }

    fn front_page(&self) -> Answer<A> {
        whole(StatusCode::OK, "text/html; charset=utf-8", self.landing.clone())
    }

    fn ready(&self) -> Answer<A> {
        let unavailable = StatusCode::SERVICE_UNAVAILABLE;
        match self.app.phase() {
            Phase::Ready => text(StatusCode::OK, "Statsd Exporter is Ready.\n"),
            Phase::Starting => text(unavailable, "Statsd Exporter is Starting.\n"),
            Phase::Stopping => text(unavailable, "Statsd Exporter is Stopping.\n"),
        }
    }

    fn ledger(&self) -> Answer<A> {
        whole(StatusCode::OK, "application/json", self.app.ledger())
    }

    /// Answers when the reload is over, with the incumbent's words whether the file
    /// was taken or refused: the log and the counter of reloads tell which.
    async fn reload(&self) -> Answer<A> {
        let app = Arc::clone(&self.app);
        match tokio::task::spawn_blocking(move || app.reload()).await {
            Ok(()) => text(StatusCode::OK, "Requesting reload"),
            Err(_) => text(StatusCode::INTERNAL_SERVER_ERROR, "The reload failed.\n"),
        }
    }
}

fn text<A: App>(status: StatusCode, body: &'static str) -> Answer<A> {
    whole(status, "text/plain; charset=utf-8", Bytes::from_static(body.as_bytes()))
}

fn whole<A: App>(status: StatusCode, kind: &'static str, body: Bytes) -> Answer<A> {
    let mut answer = Response::new(Either::Left(Full::new(body)));
    *answer.status_mut() = status;
    answer.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(kind));
    answer
}

#[cfg(test)]
mod tests;
