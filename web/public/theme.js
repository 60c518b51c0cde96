// Before the first paint: the theme that was chosen on this device, so that nothing flashes.
(function () {
  var chosen = null
  try { chosen = localStorage.getItem('frontdesk.theme') } catch (e) { /* storage may be forbidden */ }
  var dark = chosen === 'dark' || (chosen !== 'light' && matchMedia('(prefers-color-scheme: dark)').matches)
  document.documentElement.classList.toggle('dark', dark)
})()
