//! A user agent without a screen: follows redirects, keeps cookies by the rules of browsers, and
//! sends the forms that a page's script would send.

use std::{net::Ipv4Addr, sync::Once};

use reqwest::{Certificate, Client, Method, StatusCode, header, redirect::Policy};
use serde_json::Value;
use url::Url;

use crate::{
    cookies::{self, Jar, Origin},
    html::{self, Form},
};

/// One user with a browser of their own.
#[derive(Clone, Debug)]
pub(crate) struct Browser {
    client: Client,
    jar: Jar,
    language: &'static str,
}

/// A request that has not been sent yet.
#[derive(Clone, Debug)]
pub(crate) struct Request {
    method: Method,
    url: Url,
    fields: Vec<(String, String)>,
    headers: Vec<(&'static str, &'static str)>,
    /// The page that led here; none if the user typed the address.
    from: Option<Url>,
}

/// What came back.
#[derive(Debug)]
pub(crate) struct Page {
    pub(crate) url: Url,
    pub(crate) status: StatusCode,
    pub(crate) text: String,
    headers: header::HeaderMap,
}

impl Browser {
    /// A browser that trusts exactly the certificates in `tls`, in PEM.
    pub(crate) fn new(tls: &str) -> Self {
        use_one_crypto_provider();
        let client = Client::builder()
            .redirect(Policy::none())
            .tls_certs_only(Certificate::from_pem_bundle(tls.as_bytes()).unwrap())
            .resolve("localhost", (Ipv4Addr::LOCALHOST, 0).into())
            .resolve("sso.localhost", (Ipv4Addr::LOCALHOST, 0).into())
            .build()
            .unwrap();
        Self {
            client,
            jar: Jar::default(),
            language: "en",
        }
    }

    /// Asks for pages in this language from now on.
    pub(crate) fn speaking(mut self, language: &'static str) -> Self {
        self.language = language;
        self
    }

    /// Opens an address that the user typed, and follows it to the end.
    pub(crate) async fn open(&mut self, url: &Url) -> Page {
        self.follow(Request::get(url.clone())).await
    }

    /// Sends a request and all that follow from it without the user.
    pub(crate) async fn follow(&mut self, request: Request) -> Page {
        let mut page = self.send(&request).await;
        for _ in 0..MANY_STEPS {
            match page.next() {
                Some(request) => page = self.send(&request).await,
                None => return page,
            }
        }
        panic!(
            "still being sent around after {MANY_STEPS} pages, now {}",
            page.url
        );
    }

    /// Follows a request up to the answer of an identity provider, which is not sent.
    ///
    /// # Panics
    ///
    /// If the way ends at a page that leads no further.
    pub(crate) async fn follow_to_response(&mut self, mut request: Request) -> Request {
        for _ in 0..MANY_STEPS {
            let page = self.send(&request).await;
            request = page
                .next()
                .unwrap_or_else(|| panic!("stuck at {}:\n{}", page.url, page.text));
            if request.field("SAMLResponse").is_some() {
                return request;
            }
        }
        panic!("no response after {MANY_STEPS} pages, now {}", request.url);
    }

    /// Sends this one request.
    pub(crate) async fn send(&mut self, request: &Request) -> Page {
        let mut sending = self
            .client
            .request(request.method.clone(), request.url.clone())
            .header(header::ACCEPT, "text/html,application/xhtml+xml,*/*;q=0.8")
            .header(header::ACCEPT_LANGUAGE, self.language);
        if let Some(cookies) = self.jar.header(&request.url, request.origin()) {
            sending = sending.header(header::COOKIE, cookies);
        }
        for (name, value) in &request.headers {
            sending = sending.header(*name, *value);
        }
        if request.method == Method::POST {
            sending = sending.form(&request.fields);
        }
        let response = sending.send().await.unwrap();
        let (status, headers) = (response.status(), response.headers().clone());
        for cookie in headers.get_all(header::SET_COOKIE) {
            self.jar.store(&request.url, cookie.to_str().unwrap());
        }
        let text = response.text().await.unwrap();
        Page {
            url: request.url.clone(),
            status,
            text,
            headers,
        }
    }

    /// Loses the cookies whose names begin with `prefix`.
    ///
    /// # Panics
    ///
    /// If there is none: the test would prove nothing.
    pub(crate) fn forget_cookies(&mut self, prefix: &str) {
        assert_ne!(
            self.jar.forget(prefix),
            0,
            "no cookie begins with {prefix:?}: {:?}",
            self.jar
        );
    }
}

impl Request {
    /// A request for an address that the user typed.
    pub(crate) fn get(url: Url) -> Self {
        Self {
            method: Method::GET,
            url,
            fields: Vec::new(),
            headers: Vec::new(),
            from: None,
        }
    }

    /// Where it goes.
    pub(crate) fn url(&self) -> &Url {
        &self.url
    }

    /// The value of a field.
    pub(crate) fn field(&self, name: &str) -> Option<&str> {
        let (_, value) = self.fields.iter().find(|(it, _)| it == name)?;
        Some(value)
    }

    /// The same request with the field `name` set to `value`.
    pub(crate) fn with(mut self, name: &str, value: &str) -> Self {
        self.fields.retain(|(it, _)| it != name);
        self.fields.push((name.to_owned(), value.to_owned()));
        self
    }

    /// The same request with another header.
    pub(crate) fn with_header(mut self, name: &'static str, value: &'static str) -> Self {
        self.headers.push((name, value));
        self
    }

    fn origin(&self) -> Origin {
        match &self.from {
            Some(from) if !cookies::same_site(from, &self.url) => match self.method {
                Method::POST => Origin::CrossSitePost,
                _ => Origin::CrossSiteNavigation,
            },
            _ => Origin::SameSite,
        }
    }
}

impl Page {
    /// The form at this place of the page.
    pub(crate) fn form(&self, index: usize) -> Request {
        let form = html::forms(&self.text).into_iter().nth(index);
        self.request(
            form.unwrap_or_else(|| panic!("no form {index} at {}:\n{}", self.url, self.text)),
        )
    }

    /// The first link that leads to an address with `part` in it.
    pub(crate) fn link(&self, part: &str) -> Request {
        let link = html::links(&self.text)
            .into_iter()
            .find(|it| it.contains(part));
        let link =
            link.unwrap_or_else(|| panic!("no link {part:?} at {}:\n{}", self.url, self.text));
        Request {
            from: Some(self.url.clone()),
            ..Request::get(self.url.join(&link).unwrap())
        }
    }

    /// The value of a header.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(|it| it.to_str().unwrap())
    }

    /// The page as JSON.
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_else(|_| panic!("not JSON: {}", self.text))
    }

    /// Where a browser goes from here by itself.
    fn next(&self) -> Option<Request> {
        if self.status.is_redirection() {
            let url = self.url.join(self.header("location").unwrap()).unwrap();
            return Some(Request {
                from: Some(self.url.clone()),
                ..Request::get(url)
            });
        }
        let mut forms = html::forms(&self.text)
            .into_iter()
            .map(|form| self.request(form));
        forms.find(|it| {
            ["SAMLRequest", "SAMLResponse"]
                .iter()
                .any(|name| it.field(name).is_some())
        })
    }

    fn request(&self, form: Form) -> Request {
        Request {
            method: if form.method == "post" {
                Method::POST
            } else {
                Method::GET
            },
            url: self.url.join(&form.action).unwrap(),
            fields: form.fields,
            headers: Vec::new(),
            from: Some(self.url.clone()),
        }
    }
}

/// Installs the crypto provider that the program uses, too.
pub(crate) fn use_one_crypto_provider() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        rustls::crypto::aws_lc_rs::default_provider()
            .install_default()
            .unwrap()
    });
}

/// More pages than any sign-in takes.
const MANY_STEPS: usize = 12;
