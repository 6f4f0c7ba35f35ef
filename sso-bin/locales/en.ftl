# What a person reads in the browser. A message never says more than the person may learn.

sign-in = Sign in
sign-out = Sign out

choose-title = Where do you want to sign in?

signed-in-title = You are signed in
signed-in-name = Name
signed-in-account = Account
signed-in-email = E-mail
signed-in-groups = Groups
signed-in-idp = Identity provider
signed-in-started = Since
signed-in-expires = Until

signed-out-title = You are signed out
signed-out-detail = The session on this service has ended.

welcome-title = You are not signed in
welcome-detail = Sign in with the account of your organisation.

continue-title = One moment
continue-explained = If nothing happens by itself, please press the button.
continue-button = Continue

embedded-title = You are signed in
embedded-explained = The application takes over from here.

error-restart = Start again
error-trace = If you ask for help, please give this number:

error-bad-request-title = This request makes no sense
error-bad-request-advice = The address or the message is damaged. Please start again from the application.
error-denied-title = You are not signed in
error-denied-advice = The identity provider did not sign you in.
error-method-title = This address does not work that way
error-method-advice = Please start again from the application.
error-no-cookies-title = This browser keeps no cookies
error-no-cookies-advice = Signing in takes a cookie for a few minutes. Please allow cookies for this address, then start again from the application.
error-not-configured-title = Sign-in is not set up yet
error-not-configured-advice = No identity provider is configured on this service. Please tell your administrator.
error-not-found-title = There is nothing here
error-not-found-advice = Please check the address.
error-refused-title = You could not be signed in
error-refused-advice = The answer of the identity provider was refused. Please tell your administrator.
error-slow-title = That took too long
error-slow-advice = The request did not arrive in time. Please try again.
error-too-large-title = The message is too large
error-too-large-advice = The answer of the identity provider is larger than this service accepts. Please tell your administrator.
error-try-again-title = Please sign in again
error-try-again-advice = The sign-in took too long, was already used, or was begun in another browser.
error-unavailable-title = The service is not available at the moment
error-unavailable-advice = Please try again in a few minutes.
end-announced = The administrators of this service have announced that it ends. It does not end before:
end-confirmed = The SSO domain of this service was deleted. Who is known here can sign in; new users cannot.
