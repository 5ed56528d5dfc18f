{
  "targets": [
    {
      "target_name": "udp_batch",
      "conditions": [
        ["OS=='linux'", {
          "sources": ["native/udp_batch.cc"],
          "defines": ["NAPI_VERSION=8"],
          "cflags": ["-Wall", "-Wextra"],
        }, {
          "type": "none",
        }],
      ],
    },
  ],
}
