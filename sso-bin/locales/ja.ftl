# ブラウザーに表示する文言。利用者が知ってよい範囲を超える内容は書かない。

sign-in = サインイン
sign-out = サインアウト

choose-title = サインイン先を選択してください

signed-in-title = サインインしています
signed-in-name = 氏名
signed-in-account = アカウント
signed-in-email = メールアドレス
signed-in-groups = グループ
signed-in-idp = ID プロバイダー
signed-in-started = 開始日時
signed-in-expires = 終了日時

signed-out-title = サインアウトしました
signed-out-detail = このサービスのセッションは終了しました。

welcome-title = サインインしていません
welcome-detail = 所属する組織のアカウントでサインインしてください。

continue-title = しばらくお待ちください
continue-explained = 自動的に進まない場合は、ボタンを押してください。
continue-button = 続ける

embedded-title = サインインしています
embedded-explained = この後はアプリケーションが処理を続けます。

error-restart = 最初からやり直す
error-trace = お問い合わせの際は、次の番号をお知らせください:

error-bad-request-title = リクエストを理解できません
error-bad-request-advice = アドレスまたはメッセージが壊れています。アプリケーションからやり直してください。
error-denied-title = サインインできませんでした
error-denied-advice = ID プロバイダーがサインインを認めませんでした。
error-method-title = このアドレスはその方法では利用できません
error-method-advice = アプリケーションからやり直してください。
error-no-cookies-title = このブラウザーはCookieを保存していません
error-no-cookies-advice = サインインには数分間だけCookieが必要です。このアドレスのCookieを許可してから、アプリケーションからもう一度開始してください。
error-not-configured-title = サインインはまだ設定されていません
error-not-configured-advice = このサービスには ID プロバイダーが設定されていません。管理者にご連絡ください。
error-not-found-title = ページが見つかりません
error-not-found-advice = アドレスをご確認ください。
error-refused-title = サインインできませんでした
error-refused-advice = ID プロバイダーからの応答を受け入れられませんでした。管理者にご連絡ください。
error-slow-title = 時間切れになりました
error-slow-advice = リクエストが時間内に届きませんでした。もう一度お試しください。
error-too-large-title = メッセージが大きすぎます
error-too-large-advice = ID プロバイダーからの応答が、このサービスの上限を超えています。管理者にご連絡ください。
error-try-again-title = もう一度サインインしてください
error-try-again-advice = サインインに時間がかかりすぎたか、すでに使用済みか、別のブラウザーで開始されました。
error-unavailable-title = 現在サービスを利用できません
error-unavailable-advice = 数分後にもう一度お試しください。
end-announced = 管理者がこのサービスの終了を予告しています。次の日時より前に終了することはありません:
end-confirmed = このサービスの SSO ドメインは削除されました。登録済みのユーザーは引き続きサインインできますが、新しいユーザーはサインインできません。
