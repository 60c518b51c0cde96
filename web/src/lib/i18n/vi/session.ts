import type { en } from '@/lib/i18n/en/session'

/** Đăng nhập, thiết lập lần đầu và mật khẩu. */
export const vi: Record<keyof typeof en, string> = {
  'login.title': 'Đăng nhập',
  'login.who': 'E-mail hoặc tên đăng nhập',
  'login.password': 'Mật khẩu',
  'login.enter': 'Đăng nhập',
  'login.entering': 'Đang đăng nhập…',
  'login.refused': 'Tên đăng nhập hoặc mật khẩu không đúng.',
  'login.forgot': 'Quên mật khẩu? Quản trị viên có thể gửi cho bạn một liên kết dùng một lần.',
  'login.setupNeeded': 'Chưa có tài khoản nào. Hãy mở liên kết thiết lập mà máy chủ đã in ra khi khởi động.',
  'begin.title': 'Thiết lập Frontdesk',
  'begin.text': 'Tạo tài khoản đầu tiên. Đây là quản trị viên.',
  'begin.create': 'Tạo tài khoản',
  'begin.noToken': 'Địa chỉ này thiếu mã. Hãy mở đúng liên kết thiết lập mà máy chủ đã in ra.',
  'reset.title': 'Chọn mật khẩu',
  'reset.text': 'Liên kết này chỉ dùng được một lần.',
  'reset.save': 'Lưu mật khẩu',
  'reset.done': 'Đã đặt mật khẩu',
  'reset.doneText': 'Bây giờ bạn có thể đăng nhập.',
  'reset.noToken': 'Địa chỉ này thiếu mã. Hãy mở đúng liên kết bạn nhận được.',
  'password.current': 'Mật khẩu hiện tại',
  'password.new': 'Mật khẩu mới',
  'password.repeat': 'Nhập lại mật khẩu mới',
  'password.hint': 'Ít nhất {n} ký tự.',
  'password.differs': 'Hai mật khẩu không giống nhau.',
  'password.changed': 'Đã đổi mật khẩu',
}
