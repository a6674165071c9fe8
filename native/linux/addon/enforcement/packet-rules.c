/*
 * A table of our own in the packet filter, which drops packets of sockets with a bit in their mark:
 *
 *   table inet surety {
 *     chain output { type filter hook output priority -350; policy accept; meta mark & BIT != 0 drop }
 *     chain input { type filter hook input priority -350; policy accept; socket mark & BIT != 0 drop }
 *   }
 *
 * Over netlink and not by nft(8): a stop waits for it. See linux/netfilter/nf_tables.h.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netlink.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "../surety-native.h"

#define TABLE "surety"
/* Before all others: what changes the mark of a packet comes later. */
#define HOOK_PRIORITY (-350)
#define ROOM 4096
/* Sequence number of the message whose outcome is the outcome of all. */
#define LAST 1000

struct batch {
  _Alignas(struct nlmsghdr) unsigned char bytes[ROOM];
  size_t used;
  uint32_t sequence;
};

/* ---- Writing ---- */

static struct nlmsghdr *begin_message(struct batch *batch, int type, int flags, int family) {
  struct nlmsghdr *message = (struct nlmsghdr *)(batch->bytes + batch->used);
  struct nfgenmsg *general = NLMSG_DATA(message);
  *message = (struct nlmsghdr){.nlmsg_type = (uint16_t)type, .nlmsg_flags = (uint16_t)(NLM_F_REQUEST | flags)};
  message->nlmsg_seq = (flags & NLM_F_ACK) != 0 ? LAST : ++batch->sequence;
  *general = (struct nfgenmsg){.nfgen_family = (uint8_t)family};
  batch->used += NLMSG_LENGTH(sizeof *general);
  return message;
}

static void end_message(struct batch *batch, struct nlmsghdr *message) {
  message->nlmsg_len = (uint32_t)(batch->bytes + batch->used - (unsigned char *)message);
}

static struct nlattr *begin_nested(struct batch *batch, int type) {
  struct nlattr *attribute = (struct nlattr *)(batch->bytes + batch->used);
  attribute->nla_type = (uint16_t)(type | NLA_F_NESTED);
  batch->used += NLA_HDRLEN;
  return attribute;
}

static void end_nested(struct batch *batch, struct nlattr *attribute) {
  attribute->nla_len = (uint16_t)(batch->bytes + batch->used - (unsigned char *)attribute);
}

static void add_bytes(struct batch *batch, int type, const void *value, size_t bytes) {
  struct nlattr *attribute = (struct nlattr *)(batch->bytes + batch->used);
  *attribute = (struct nlattr){.nla_type = (uint16_t)type, .nla_len = (uint16_t)(NLA_HDRLEN + bytes)};
  memcpy(batch->bytes + batch->used + NLA_HDRLEN, value, bytes);
  batch->used += NLA_ALIGN(NLA_HDRLEN + bytes);
}

static void add_text(struct batch *batch, int type, const char *text) { add_bytes(batch, type, text, strlen(text) + 1); }

static void add_number(struct batch *batch, int type, uint32_t number) {
  const uint32_t value = htonl(number);
  add_bytes(batch, type, &value, sizeof value);
}

/* ---- Expressions ---- */

struct expression {
  struct nlattr *element, *data;
};

static struct expression begin_expression(struct batch *batch, const char *name) {
  struct expression expression = {.element = begin_nested(batch, NFTA_LIST_ELEM)};
  add_text(batch, NFTA_EXPR_NAME, name);
  expression.data = begin_nested(batch, NFTA_EXPR_DATA);
  return expression;
}

static void end_expression(struct batch *batch, struct expression expression) {
  end_nested(batch, expression.data);
  end_nested(batch, expression.element);
}

/* In the byte order of the machine, as marks are. */
static void add_mark(struct batch *batch, int type, uint32_t mark) {
  struct nlattr *data = begin_nested(batch, type);
  add_bytes(batch, NFTA_DATA_VALUE, &mark, sizeof mark);
  end_nested(batch, data);
}

static void add_drop(struct batch *batch, int hook, uint32_t bit) {
  struct expression load = begin_expression(batch, hook == NF_INET_LOCAL_OUT ? "meta" : "socket");
  if (hook == NF_INET_LOCAL_OUT) {
    add_number(batch, NFTA_META_DREG, NFT_REG_1);
    add_number(batch, NFTA_META_KEY, NFT_META_MARK);
  } else {
    add_number(batch, NFTA_SOCKET_KEY, NFT_SOCKET_MARK);
    add_number(batch, NFTA_SOCKET_DREG, NFT_REG_1);
  }
  end_expression(batch, load);
  struct expression mask = begin_expression(batch, "bitwise");
  add_number(batch, NFTA_BITWISE_SREG, NFT_REG_1);
  add_number(batch, NFTA_BITWISE_DREG, NFT_REG_1);
  add_number(batch, NFTA_BITWISE_LEN, sizeof bit);
  add_mark(batch, NFTA_BITWISE_MASK, bit);
  add_mark(batch, NFTA_BITWISE_XOR, 0);
  end_expression(batch, mask);
  struct expression compare = begin_expression(batch, "cmp");
  add_number(batch, NFTA_CMP_SREG, NFT_REG_1);
  add_number(batch, NFTA_CMP_OP, NFT_CMP_NEQ);
  add_mark(batch, NFTA_CMP_DATA, 0);
  end_expression(batch, compare);
  struct expression drop = begin_expression(batch, "immediate");
  add_number(batch, NFTA_IMMEDIATE_DREG, NFT_REG_VERDICT);
  struct nlattr *data = begin_nested(batch, NFTA_IMMEDIATE_DATA), *verdict = begin_nested(batch, NFTA_DATA_VERDICT);
  add_number(batch, NFTA_VERDICT_CODE, NF_DROP);
  end_nested(batch, verdict);
  end_nested(batch, data);
  end_expression(batch, drop);
}

/* ---- Messages ---- */

static int type_of(int message) { return (NFNL_SUBSYS_NFTABLES << 8) | message; }

static void add_table(struct batch *batch, int message, int flags) {
  struct nlmsghdr *table = begin_message(batch, type_of(message), flags, NFPROTO_INET);
  add_text(batch, NFTA_TABLE_NAME, TABLE);
  end_message(batch, table);
}

static void add_chain(struct batch *batch, const char *name, int hook, uint32_t bit, int flags) {
  struct nlmsghdr *chain = begin_message(batch, type_of(NFT_MSG_NEWCHAIN), NLM_F_CREATE, NFPROTO_INET);
  add_text(batch, NFTA_CHAIN_TABLE, TABLE);
  add_text(batch, NFTA_CHAIN_NAME, name);
  struct nlattr *place = begin_nested(batch, NFTA_CHAIN_HOOK);
  add_number(batch, NFTA_HOOK_HOOKNUM, (uint32_t)hook);
  add_number(batch, NFTA_HOOK_PRIORITY, (uint32_t)HOOK_PRIORITY);
  end_nested(batch, place);
  add_number(batch, NFTA_CHAIN_POLICY, NF_ACCEPT);
  add_text(batch, NFTA_CHAIN_TYPE, "filter");
  end_message(batch, chain);
  struct nlmsghdr *rule = begin_message(batch, type_of(NFT_MSG_NEWRULE), NLM_F_CREATE | NLM_F_APPEND | flags, NFPROTO_INET);
  add_text(batch, NFTA_RULE_TABLE, TABLE);
  add_text(batch, NFTA_RULE_CHAIN, name);
  struct nlattr *expressions = begin_nested(batch, NFTA_RULE_EXPRESSIONS);
  add_drop(batch, hook, bit);
  end_nested(batch, expressions);
  end_message(batch, rule);
}

static void add_limit(struct batch *batch, int type) {
  struct nlmsghdr *limit = begin_message(batch, type, 0, AF_UNSPEC);
  ((struct nfgenmsg *)NLMSG_DATA(limit))->res_id = htons(NFNL_SUBSYS_NFTABLES);
  end_message(batch, limit);
}

/* 0 once the last message was carried out, else -1 with errno. The kernel has answered when `send` returns. */
static int talk(int fd, const struct batch *batch) {
  _Alignas(struct nlmsghdr) unsigned char answer[ROOM];
  if (send(fd, batch->bytes, batch->used, 0) != (ssize_t)batch->used) return -1;
  for (;;) {
    ssize_t bytes = recv(fd, answer, sizeof answer, MSG_DONTWAIT);
    if (bytes < 0) {
      if (errno == EAGAIN) errno = EPROTO;
      return -1;
    }
    unsigned left = (unsigned)bytes;
    for (struct nlmsghdr *message = (void *)answer; NLMSG_OK(message, left); message = NLMSG_NEXT(message, left)) {
      if (message->nlmsg_type != NLMSG_ERROR) continue;
      const struct nlmsgerr *error = NLMSG_DATA(message);
      if (error->error == 0 && message->nlmsg_seq != LAST) continue;
      errno = -error->error;
      return errno == 0 ? 0 : -1;
    }
  }
}

/* 1, 0, or -1 with errno. */
static int is_there(int fd) {
  struct batch batch = {.used = 0};
  add_table(&batch, NFT_MSG_GETTABLE, NLM_F_ACK);
  if (talk(fd, &batch) == 0) return 1;
  return errno == ENOENT ? 0 : -1;
}

static int change(int fd, uint32_t bit) {
  struct batch batch = {.used = 0};
  add_limit(&batch, NFNL_MSG_BATCH_BEGIN);
  if (bit != 0) {
    add_table(&batch, NFT_MSG_NEWTABLE, NLM_F_CREATE);
    add_chain(&batch, "output", NF_INET_LOCAL_OUT, bit, 0);
    add_chain(&batch, "input", NF_INET_LOCAL_IN, bit, NLM_F_ACK);
  } else {
    add_table(&batch, NFT_MSG_DELTABLE, NLM_F_ACK);
  }
  add_limit(&batch, NFNL_MSG_BATCH_END);
  return talk(fd, &batch);
}

napi_value packet_rules(napi_env env, napi_callback_info info) {
  size_t count = 1;
  napi_value argument;
  uint32_t bit;
  if (napi_get_cb_info(env, info, &count, &argument, NULL, NULL) != napi_ok || count < 1 ||
      napi_get_value_uint32(env, argument, &bit) != napi_ok) {
    napi_throw_type_error(env, NULL, "expected a bit");
    return NULL;
  }
  int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_NETFILTER);
  if (fd < 0) return throw_errno(env, "NETLINK_NETFILTER");
  int there = is_there(fd), result = there;
  if (there >= 0 && there != (bit != 0)) result = change(fd, bit);
  int error = errno;
  close(fd);
  errno = error;
  return result < 0 ? throw_errno(env, "nf_tables") : NULL;
}
