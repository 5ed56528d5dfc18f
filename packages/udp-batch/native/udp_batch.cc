// UDP sockets of one event loop behind one epoll: the datagrams of all of them come to JavaScript in one call, in
// memory that is used again. See ../src/udp-pool.ts for what each function means; errors are returned as negative errno.
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <node_api.h>
#include <uv.h>

#include <arpa/inet.h>
#include <errno.h>
#include <net/if.h>
#include <netinet/in.h>
#include <string.h>
#include <sched.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <vector>

namespace {

// Datagrams taken by one system call.
constexpr int kPerCall = 4;
// Taken of one socket in one turn at the most; what is left is reported again, so no socket starves the others.
constexpr int kPerTurn = 32;
constexpr int kEvents = 128;
// Numbers per datagram in `meta`: socket, length, source port, whether it was cut off.
constexpr int kMeta = 4;

struct Pool {
  napi_env env = nullptr;
  napi_ref on_batch = nullptr;
  napi_ref slab_ref = nullptr;
  napi_ref meta_ref = nullptr;
  napi_ref forwards_ref = nullptr;
  napi_async_context context = nullptr;
  napi_async_cleanup_hook_handle cleanup = nullptr;
  uv_poll_t poll;
  int epoll = -1;
  uint8_t* slab = nullptr;
  int32_t* meta = nullptr;
  // How many datagrams of the batch go on, then of each the socket it leaves by and its place in the batch.
  int32_t* forwards = nullptr;
  int datagram_bytes = 0;
  int capacity = 0;
  bool closing = false;
  bool in_batch = false;
  int open = 0;
  // By socket number; -1 is free.
  std::vector<int> fds;
  std::vector<int> free_ids;
  // Closed while a batch is handled: not given away before its end, the batch may still hold datagrams of them.
  std::vector<int> freed_ids;
  std::vector<sockaddr_storage> sources;
};

int parse_address(const char* text, int port, sockaddr_storage* out, socklen_t* length) {
  memset(out, 0, sizeof *out);
  auto* v4 = reinterpret_cast<sockaddr_in*>(out);
  if (inet_pton(AF_INET, text, &v4->sin_addr) == 1) {
    v4->sin_family = AF_INET;
    v4->sin_port = htons(static_cast<uint16_t>(port));
    *length = sizeof *v4;
    return 0;
  }
  auto* v6 = reinterpret_cast<sockaddr_in6*>(out);
  // With a zone (fe80::1%eth0) libuv's parser, which knows interfaces.
  if (uv_ip6_addr(text, port, v6) == 0) {
    *length = sizeof *v6;
    return 0;
  }
  return -EINVAL;
}

int32_t int_arg(napi_env env, napi_value value) {
  int32_t number = 0;
  napi_get_value_int32(env, value, &number);
  return number;
}

// Reads `count` arguments, the first of which is the pool.
Pool* arguments(napi_env env, napi_callback_info info, size_t count, napi_value* args) {
  size_t given = count;
  napi_get_cb_info(env, info, &given, args, nullptr, nullptr);
  void* pool = nullptr;
  if (given > 0) napi_get_value_external(env, args[0], &pool);
  return static_cast<Pool*>(pool);
}

napi_value result(napi_env env, int32_t number) {
  napi_value value;
  napi_create_int32(env, number, &value);
  return value;
}

int fd_of(Pool* pool, int id) {
  if (pool == nullptr || id < 0 || static_cast<size_t>(id) >= pool->fds.size()) return -1;
  return pool->fds[static_cast<size_t>(id)];
}

void forget_socket(Pool* pool, int id) {
  close(pool->fds[static_cast<size_t>(id)]);  // leaves the epoll by itself
  pool->fds[static_cast<size_t>(id)] = -1;
  (pool->in_batch ? pool->freed_ids : pool->free_ids).push_back(id);
  if (--pool->open == 0 && !pool->closing) uv_unref(reinterpret_cast<uv_handle_t*>(&pool->poll));
}

// Its datagrams are reported as they come; also those that are there already.
int watch(Pool* pool, int id, int how) {
  epoll_event event;
  memset(&event, 0, sizeof event);
  event.events = EPOLLIN | EPOLLET;
  event.data.u32 = static_cast<uint32_t>(id);
  return epoll_ctl(pool->epoll, how, pool->fds[static_cast<size_t>(id)], &event);
}

int receive(Pool* pool, int id, int fd, int at) {
  mmsghdr messages[kPerCall];
  iovec pieces[kPerCall];
  int room = pool->capacity - at;
  if (room > kPerCall) room = kPerCall;
  for (int i = 0; i < room; i++) {
    pieces[i].iov_base = pool->slab + static_cast<size_t>(at + i) * static_cast<size_t>(pool->datagram_bytes);
    pieces[i].iov_len = static_cast<size_t>(pool->datagram_bytes);
    memset(&messages[i].msg_hdr, 0, sizeof messages[i].msg_hdr);
    messages[i].msg_hdr.msg_iov = &pieces[i];
    messages[i].msg_hdr.msg_iovlen = 1;
    messages[i].msg_hdr.msg_name = &pool->sources[static_cast<size_t>(at + i)];
    messages[i].msg_hdr.msg_namelen = sizeof(sockaddr_storage);
  }
  const int got = recvmmsg(fd, messages, static_cast<unsigned>(room), MSG_DONTWAIT, nullptr);
  for (int i = 0; i < got; i++) {
    int32_t* meta = pool->meta + static_cast<ptrdiff_t>(at + i) * kMeta;
    const auto* source = &pool->sources[static_cast<size_t>(at + i)];
    meta[0] = id;
    meta[1] = static_cast<int32_t>(messages[i].msg_len);
    // Both families have the port at the same place.
    meta[2] = ntohs(reinterpret_cast<const sockaddr_in*>(source)->sin_port);
    meta[3] = (messages[i].msg_hdr.msg_flags & MSG_TRUNC) != 0 ? 1 : 0;
  }
  // Another error than an empty socket is an earlier datagram's ICMP refusal, told once and gone.
  if (got < 0) return errno == EAGAIN || errno == EBADF ? -1 : 0;
  return got;
}

// Sends what goes on of the batch as it came.
void forward(Pool* pool) {
  const int count = pool->forwards[0] < pool->capacity ? pool->forwards[0] : pool->capacity;
  pool->forwards[0] = 0;
  for (int i = 0; i < count; i++) {
    const int fd = fd_of(pool, pool->forwards[1 + 2 * i]);
    const int32_t at = pool->forwards[2 + 2 * i];
    if (fd < 0 || at < 0 || at >= pool->capacity) continue;
    const int32_t length = pool->meta[static_cast<ptrdiff_t>(at) * kMeta + 1];
    if (length < 0 || length > pool->datagram_bytes) continue;
    send(fd, pool->slab + static_cast<size_t>(at) * static_cast<size_t>(pool->datagram_bytes), static_cast<size_t>(length), MSG_DONTWAIT | MSG_NOSIGNAL);
  }
}

void hand_over(Pool* pool, int count) {
  napi_env env = pool->env;
  napi_handle_scope scope;
  if (napi_open_handle_scope(env, &scope) != napi_ok) return;
  napi_value callback, global, number;
  napi_get_reference_value(env, pool->on_batch, &callback);
  napi_get_global(env, &global);
  napi_create_int32(env, count, &number);
  pool->in_batch = true;
  const napi_status status = napi_make_callback(env, pool->context, global, callback, 1, &number, nullptr);
  forward(pool);
  pool->in_batch = false;
  pool->free_ids.insert(pool->free_ids.end(), pool->freed_ids.begin(), pool->freed_ids.end());
  pool->freed_ids.clear();
  if (status == napi_pending_exception) {
    napi_value error;
    if (napi_get_and_clear_last_exception(env, &error) == napi_ok) napi_fatal_exception(env, error);
  }
  napi_close_handle_scope(env, scope);
}

void on_poll(uv_poll_t* handle, int status, int) {
  auto* pool = static_cast<Pool*>(handle->data);
  if (status < 0 || pool->closing) return;
  epoll_event events[kEvents];
  const int ready = epoll_wait(pool->epoll, events, kEvents, 0);
  int count = 0;
  for (int i = 0; i < ready; i++) {
    const int id = static_cast<int>(events[i].data.u32);
    // Each arrival is reported once: a socket is emptied, or reported anew.
    for (int taken = 0; !pool->closing;) {
      const int fd = fd_of(pool, id);
      if (fd < 0) break;
      if (count == pool->capacity) {
        hand_over(pool, count);
        count = 0;
        continue;
      }
      const int asked = pool->capacity - count < kPerCall ? pool->capacity - count : kPerCall;
      const int got = receive(pool, id, fd, count);
      if (got < 0) break;
      count += got;
      taken += asked;
      if (got > 0 && got < asked) break;
      if (taken >= kPerTurn) {
        watch(pool, id, EPOLL_CTL_MOD);
        break;
      }
    }
  }
  if (count > 0 && !pool->closing) hand_over(pool, count);
}

void on_closed(uv_handle_t* handle) {
  auto* pool = static_cast<Pool*>(handle->data);
  close(pool->epoll);
  if (pool->cleanup != nullptr) napi_remove_async_cleanup_hook(pool->cleanup);
  delete pool;
}

void shut(Pool* pool) {
  if (pool->closing) return;
  pool->closing = true;
  uv_poll_stop(&pool->poll);
  for (size_t id = 0; id < pool->fds.size(); id++) {
    if (pool->fds[id] >= 0) forget_socket(pool, static_cast<int>(id));
  }
  uv_close(reinterpret_cast<uv_handle_t*>(&pool->poll), on_closed);
}

void on_environment_end(napi_async_cleanup_hook_handle, void* data) { shut(static_cast<Pool*>(data)); }

// create(onBatch, slab, meta, forwards, datagramBytes) -> pool
napi_value create(napi_env env, napi_callback_info info) {
  size_t given = 5;
  napi_value args[5];
  napi_get_cb_info(env, info, &given, args, nullptr, nullptr);
  uv_loop_t* loop = nullptr;
  void* slab = nullptr;
  void* meta = nullptr;
  size_t slab_bytes = 0;
  void* forwards = nullptr;
  size_t meta_length = 0;
  size_t forwards_length = 0;
  const int32_t bytes = int_arg(env, args[4]);
  if (given < 5 || napi_get_uv_event_loop(env, &loop) != napi_ok ||
      napi_get_typedarray_info(env, args[1], nullptr, &slab_bytes, &slab, nullptr, nullptr) != napi_ok ||
      napi_get_typedarray_info(env, args[2], nullptr, &meta_length, &meta, nullptr, nullptr) != napi_ok ||
      napi_get_typedarray_info(env, args[3], nullptr, &forwards_length, &forwards, nullptr, nullptr) != napi_ok || bytes <= 0) {
    napi_throw_type_error(env, nullptr, "create(onBatch, slab, meta, forwards, datagramBytes)");
    return nullptr;
  }
  auto* pool = new Pool();
  pool->env = env;
  pool->slab = static_cast<uint8_t*>(slab);
  pool->meta = static_cast<int32_t*>(meta);
  pool->forwards = static_cast<int32_t*>(forwards);
  pool->datagram_bytes = bytes;
  pool->capacity = static_cast<int>(slab_bytes / static_cast<size_t>(bytes));
  if (static_cast<size_t>(pool->capacity) * kMeta > meta_length) pool->capacity = static_cast<int>(meta_length / kMeta);
  if (forwards_length < 1 + 2 * static_cast<size_t>(pool->capacity)) pool->capacity = static_cast<int>((forwards_length - 1) / 2);
  pool->sources.resize(static_cast<size_t>(pool->capacity));
  pool->epoll = epoll_create1(EPOLL_CLOEXEC);
  if (pool->epoll < 0 || uv_poll_init(loop, &pool->poll, pool->epoll) != 0) {
    if (pool->epoll >= 0) close(pool->epoll);
    delete pool;
    napi_throw_error(env, nullptr, "no epoll");
    return nullptr;
  }
  pool->poll.data = pool;
  uv_poll_start(&pool->poll, UV_READABLE, on_poll);
  uv_unref(reinterpret_cast<uv_handle_t*>(&pool->poll));  // until a socket is open
  napi_create_reference(env, args[0], 1, &pool->on_batch);
  napi_create_reference(env, args[1], 1, &pool->slab_ref);
  napi_create_reference(env, args[2], 1, &pool->meta_ref);
  napi_create_reference(env, args[3], 1, &pool->forwards_ref);
  napi_value name, resource, external;
  napi_create_string_utf8(env, "UdpPool", NAPI_AUTO_LENGTH, &name);
  napi_create_object(env, &resource);
  napi_async_init(env, resource, name, &pool->context);
  napi_add_async_cleanup_hook(env, on_environment_end, pool, &pool->cleanup);
  napi_create_external(env, pool, nullptr, nullptr, &external);
  return external;
}

// bind(pool, address, port) -> socket number
napi_value bind_socket(napi_env env, napi_callback_info info) {
  napi_value args[3];
  Pool* pool = arguments(env, info, 3, args);
  char address[128] = "";
  napi_get_value_string_utf8(env, args[1], address, sizeof address, nullptr);
  sockaddr_storage where;
  socklen_t length = 0;
  const int wrong = parse_address(address, int_arg(env, args[2]), &where, &length);
  if (pool == nullptr || pool->closing || wrong != 0) return result(env, wrong != 0 ? wrong : -EBADF);
  const int fd = socket(where.ss_family, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (fd < 0) return result(env, -errno);
  if (bind(fd, reinterpret_cast<sockaddr*>(&where), length) != 0) {
    const int error = errno;
    close(fd);
    return result(env, -error);
  }
  int id;
  if (pool->free_ids.empty()) {
    id = static_cast<int>(pool->fds.size());
    pool->fds.push_back(fd);
  } else {
    id = pool->free_ids.back();
    pool->free_ids.pop_back();
    pool->fds[static_cast<size_t>(id)] = fd;
  }
  if (pool->open++ == 0) uv_ref(reinterpret_cast<uv_handle_t*>(&pool->poll));
  if (watch(pool, id, EPOLL_CTL_ADD) != 0) {
    const int error = errno;
    forget_socket(pool, id);
    return result(env, -error);
  }
  return result(env, id);
}

// localPort(pool, socket) -> port
napi_value local_port(napi_env env, napi_callback_info info) {
  napi_value args[2];
  Pool* pool = arguments(env, info, 2, args);
  const int fd = fd_of(pool, int_arg(env, args[1]));
  sockaddr_storage own;
  socklen_t length = sizeof own;
  if (fd < 0) return result(env, -EBADF);
  if (getsockname(fd, reinterpret_cast<sockaddr*>(&own), &length) != 0) return result(env, -errno);
  return result(env, ntohs(reinterpret_cast<sockaddr_in*>(&own)->sin_port));
}

// connect(pool, socket, address, port) -> 0
napi_value connect_socket(napi_env env, napi_callback_info info) {
  napi_value args[4];
  Pool* pool = arguments(env, info, 4, args);
  const int fd = fd_of(pool, int_arg(env, args[1]));
  char address[128] = "";
  napi_get_value_string_utf8(env, args[2], address, sizeof address, nullptr);
  sockaddr_storage where;
  socklen_t length = 0;
  if (fd < 0) return result(env, -EBADF);
  const int wrong = parse_address(address, int_arg(env, args[3]), &where, &length);
  if (wrong != 0) return result(env, wrong);
  return result(env, connect(fd, reinterpret_cast<sockaddr*>(&where), length) == 0 ? 0 : -errno);
}

// disconnect(pool, socket) -> 0
napi_value disconnect_socket(napi_env env, napi_callback_info info) {
  napi_value args[2];
  Pool* pool = arguments(env, info, 2, args);
  const int fd = fd_of(pool, int_arg(env, args[1]));
  if (fd < 0) return result(env, -EBADF);
  sockaddr_storage own;
  socklen_t length = sizeof own;
  if (getsockname(fd, reinterpret_cast<sockaddr*>(&own), &length) != 0) return result(env, -errno);
  sockaddr none;
  memset(&none, 0, sizeof none);
  none.sa_family = AF_UNSPEC;
  if (connect(fd, &none, sizeof none) != 0) return result(env, -errno);
  // Linux takes back a port that it had chosen itself.
  sockaddr_storage now;
  socklen_t now_length = sizeof now;
  if (getsockname(fd, reinterpret_cast<sockaddr*>(&now), &now_length) == 0 && reinterpret_cast<sockaddr_in*>(&now)->sin_port == 0 &&
      bind(fd, reinterpret_cast<sockaddr*>(&own), length) != 0) {
    return result(env, -errno);
  }
  return result(env, 0);
}

// send(pool, socket, octets) -> octets sent, to whom the socket is connected
napi_value send_connected(napi_env env, napi_callback_info info) {
  napi_value args[3];
  Pool* pool = arguments(env, info, 3, args);
  const int fd = fd_of(pool, int_arg(env, args[1]));
  void* data = nullptr;
  size_t length = 0;
  if (fd < 0) return result(env, -EBADF);
  if (napi_get_typedarray_info(env, args[2], nullptr, &length, &data, nullptr, nullptr) != napi_ok) return result(env, -EINVAL);
  const ssize_t sent = send(fd, data, length, MSG_DONTWAIT | MSG_NOSIGNAL);
  return result(env, sent < 0 ? -errno : static_cast<int32_t>(sent));
}

// sendTo(pool, socket, octets, address, port) -> octets sent
napi_value send_to(napi_env env, napi_callback_info info) {
  napi_value args[5];
  Pool* pool = arguments(env, info, 5, args);
  const int fd = fd_of(pool, int_arg(env, args[1]));
  void* data = nullptr;
  size_t size = 0;
  char address[128] = "";
  sockaddr_storage where;
  socklen_t length = 0;
  if (fd < 0) return result(env, -EBADF);
  if (napi_get_typedarray_info(env, args[2], nullptr, &size, &data, nullptr, nullptr) != napi_ok) return result(env, -EINVAL);
  napi_get_value_string_utf8(env, args[3], address, sizeof address, nullptr);
  const int wrong = parse_address(address, int_arg(env, args[4]), &where, &length);
  if (wrong != 0) return result(env, wrong);
  const ssize_t sent = sendto(fd, data, size, MSG_DONTWAIT | MSG_NOSIGNAL, reinterpret_cast<sockaddr*>(&where), length);
  return result(env, sent < 0 ? -errno : static_cast<int32_t>(sent));
}

// flush(pool): what goes on of the batch leaves now
napi_value flush(napi_env env, napi_callback_info info) {
  napi_value args[1];
  Pool* pool = arguments(env, info, 1, args);
  if (pool != nullptr && !pool->closing) forward(pool);
  return result(env, 0);
}

// source(pool, index) -> address of the datagram at that place of the batch
napi_value source_address(napi_env env, napi_callback_info info) {
  napi_value args[2];
  Pool* pool = arguments(env, info, 2, args);
  const int32_t index = int_arg(env, args[1]);
  char text[INET6_ADDRSTRLEN + IF_NAMESIZE + 1] = "";
  if (pool != nullptr && index >= 0 && index < pool->capacity) {
    const auto* source = &pool->sources[static_cast<size_t>(index)];
    if (source->ss_family == AF_INET) inet_ntop(AF_INET, &reinterpret_cast<const sockaddr_in*>(source)->sin_addr, text, sizeof text);
    if (source->ss_family == AF_INET6) {
      const auto* v6 = reinterpret_cast<const sockaddr_in6*>(source);
      char zone[IF_NAMESIZE] = "";
      inet_ntop(AF_INET6, &v6->sin6_addr, text, INET6_ADDRSTRLEN);
      // A link-local address says nothing without its interface.
      if (IN6_IS_ADDR_LINKLOCAL(&v6->sin6_addr) && if_indextoname(v6->sin6_scope_id, zone) != nullptr) {
        strcat(text, "%");
        strcat(text, zone);
      }
    }
  }
  napi_value value;
  napi_create_string_utf8(env, text, NAPI_AUTO_LENGTH, &value);
  return value;
}

// close(pool, socket) -> 0
napi_value close_socket(napi_env env, napi_callback_info info) {
  napi_value args[2];
  Pool* pool = arguments(env, info, 2, args);
  const int32_t id = int_arg(env, args[1]);
  if (fd_of(pool, id) < 0) return result(env, -EBADF);
  forget_socket(pool, id);
  return result(env, 0);
}

// sched_setattr(2); the C library has no declaration of it, nor of SCHED_FLAG_RESET_ON_FORK.
constexpr uint64_t RESET_ON_FORK = 1;
struct SchedulingAttributes {
  uint32_t size;
  uint32_t policy;
  uint64_t flags;
  int32_t nice;
  uint32_t priority;
  uint64_t runtime;
  uint64_t deadline;
  uint64_t period;
};

// threadSlice(microseconds) -> 0; of the calling thread, policy and nice stay as they are
napi_value thread_slice(napi_env env, napi_callback_info info) {
  size_t given = 1;
  napi_value args[1];
  napi_get_cb_info(env, info, &given, args, nullptr, nullptr);
  SchedulingAttributes attributes;
  memset(&attributes, 0, sizeof attributes);
  if (syscall(SYS_sched_getattr, 0, &attributes, sizeof attributes, 0) != 0) return result(env, -errno);
  attributes.runtime = static_cast<uint64_t>(int_arg(env, args[0])) * 1000;
  attributes.flags &= RESET_ON_FORK;  // once asked for, only who has the right may take it back
  return result(env, syscall(SYS_sched_setattr, 0, &attributes, 0) == 0 ? 0 : -errno);
}

// threadRealtime(priority, thread) -> 0; thread 0: the calling one; priority 0: turns as all others have. Nice stays as it is; threads it starts do not inherit.
napi_value thread_realtime(napi_env env, napi_callback_info info) {
  size_t given = 2;
  napi_value args[2];
  napi_get_cb_info(env, info, &given, args, nullptr, nullptr);
  const int32_t priority = int_arg(env, args[0]);
  const int32_t thread = int_arg(env, args[1]);
  SchedulingAttributes attributes;
  memset(&attributes, 0, sizeof attributes);
  attributes.size = sizeof attributes;
  attributes.policy = priority > 0 ? SCHED_RR : SCHED_OTHER;
  attributes.flags = RESET_ON_FORK;
  attributes.priority = static_cast<uint32_t>(priority);
  if (priority == 0) attributes.nice = getpriority(PRIO_PROCESS, thread);
  return result(env, syscall(SYS_sched_setattr, thread, &attributes, 0) == 0 ? 0 : -errno);
}

napi_value init(napi_env env, napi_value exports) {
  const napi_property_descriptor functions[] = {
      {"create", nullptr, create, nullptr, nullptr, nullptr, napi_enumerable, nullptr},
      {"bind", nullptr, bind_socket, nullptr, nullptr, nullptr, napi_enumerable, nullptr},
      {"localPort", nullptr, local_port, nullptr, nullptr, nullptr, napi_enumerable, nullptr},
      {"connect", nullptr, connect_socket, nullptr, nullptr, nullptr, napi_enumerable, nullptr},
      {"disconnect", nullptr, disconnect_socket, nullptr, nullptr, nullptr, napi_enumerable, nullptr},
      {"send", nullptr, send_connected, nullptr, nullptr, nullptr, napi_enumerable, nullptr},
      {"sendTo", nullptr, send_to, nullptr, nullptr, nullptr, napi_enumerable, nullptr},
      {"flush", nullptr, flush, nullptr, nullptr, nullptr, napi_enumerable, nullptr},
      {"source", nullptr, source_address, nullptr, nullptr, nullptr, napi_enumerable, nullptr},
      {"threadSlice", nullptr, thread_slice, nullptr, nullptr, nullptr, napi_enumerable, nullptr},
      {"threadRealtime", nullptr, thread_realtime, nullptr, nullptr, nullptr, napi_enumerable, nullptr},
      {"close", nullptr, close_socket, nullptr, nullptr, nullptr, napi_enumerable, nullptr},
  };
  napi_define_properties(env, exports, sizeof functions / sizeof *functions, functions);
  return exports;
}

}  // namespace

NAPI_MODULE(NODE_GYP_MODULE_NAME, init)
